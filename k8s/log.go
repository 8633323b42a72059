package k8s

import (
	"github.com/bombsimon/logrusr/v4"
	"github.com/sirupsen/logrus"
	"k8s.io/klog/v2"
)

// BridgeLogs sends what client-go logs (klog, logr) to our logger, so that there
// is one format. It changes klog for the whole process: call it once, early.
func BridgeLogs(log logrus.FieldLogger) {
	klog.SetLogger(logrusr.New(log.WithField("component", "client-go")))
}
