package node

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sirupsen/logrus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Options says what an Agent runs and how it behaves.
type Options struct {
	// Client must have the rights of kubelets. Required.
	Client kubernetes.Interface
	// Config is the API server's address and authority; with it, pods that mount a
	// ServiceAccount's token get a kubeconfig with such a token. nil: they get none.
	Config *rest.Config
	// Server is where a pod finds the API server, given its real URL, so that a test
	// can stand between the two. nil: at that URL.
	Server func(pod *corev1.Pod, url string) string
	// Images maps image names to what is run; the first match counts. Required.
	Images []Image
	// Dir holds volumes, logs and working folders. Required; it is not removed.
	Dir string
	// Nodes is the number of nodes, 1 to 250; 3 when zero. Their names are node-0,
	// node-1 and so on.
	Nodes int
	// Zones are given to the nodes in turn; zone-a, zone-b and zone-c when empty.
	Zones []string
	// Subnet is the second number of pod addresses, 0 to 255, so that several
	// agents on one computer do not meet. Node 0's first pod gets 127.Subnet.1.1.
	Subnet int
	// Restarts say when containers that have ended are started again. They are given to
	// the nodes in turn; those of a kubelet when empty.
	Restarts []Restarts
	// Lag is how much later than it happens a restart is reported: kubelets find it at
	// the look after it. An end is reported when it is noticed, or as late as a restart
	// where it is noticed at once. DefaultLag when zero; negative: none, for both.
	Lag time.Duration
	// Log receives a line for each thing that happens. nil: nobody does.
	Log logrus.FieldLogger
}

// DefaultLag is the period at which a kubelet looks at its containers.
const DefaultLag = time.Second

func (o *Options) complete() error {
	if o.Nodes == 0 {
		o.Nodes = 3
	}
	if len(o.Zones) == 0 {
		o.Zones = []string{"zone-a", "zone-b", "zone-c"}
	}
	if o.Lag == 0 {
		o.Lag = DefaultLag
	}
	if len(o.Restarts) == 0 {
		o.Restarts = []Restarts{{}}
	}
	o.Restarts = slices.Clone(o.Restarts)
	for i := range o.Restarts {
		o.Restarts[i] = o.Restarts[i].complete()
	}
	if o.Log == nil {
		silent := logrus.New()
		silent.SetOutput(io.Discard)
		o.Log = silent
	}
	o.Log = o.Log.WithField("component", "node agent")
	return o.validate()
}

func (o *Options) validate() error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if o.Client == nil {
		refuse("no client")
	}
	if o.Nodes < 1 || o.Nodes > 250 {
		refuse("nodes %d: want 1 to 250", o.Nodes)
	}
	if o.Subnet < 0 || o.Subnet > 255 {
		refuse("subnet %d: want 0 to 255", o.Subnet)
	}
	if !filepath.IsAbs(o.Dir) {
		refuse("dir %q: want an absolute path", o.Dir)
	} else if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
