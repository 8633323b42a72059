package node

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
	// Lag is how much later than it happens the end or restart of a container is
	// reported. A kubelet looks once a second. DefaultLag when zero; negative: none.
	Lag time.Duration
	// RestartDelay is how long a container rests before its n-th restart, counted
	// from 1. Backoff when nil.
	RestartDelay func(n int) time.Duration
	// Log receives a line for each thing that happens. nil: nobody does.
	Log logrus.FieldLogger
}

// DefaultLag is the period at which a kubelet looks at its containers.
const DefaultLag = time.Second

// Backoff restarts a container at once the first time and then after 10 s, 20 s
// and so on up to 5 minutes, as kubelets do by default.
func Backoff(n int) time.Duration {
	if n <= 1 {
		return 0
	}
	return min(10*time.Second<<min(n-2, 5), 5*time.Minute)
}

// AtOnce restarts a container at once, each time.
func AtOnce(int) time.Duration { return 0 }

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
	if o.RestartDelay == nil {
		o.RestartDelay = Backoff
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
