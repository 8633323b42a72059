package k8s

import (
	"fmt"
	"net"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Timeouts of calls to the API server. A watch has none: it lasts for minutes.
const (
	callTimeout = 5 * time.Second
	listTimeout = 30 * time.Second
)

// How many calls a second a client allows itself, and how many at once after a quiet
// time. Each master has few calls under way, so that the first bounds a mass failover
// alone: it needs four calls a master.
const (
	CallsQPS    = 1000
	CallsBurst  = 2000
	AsidesQPS   = 200 // also of the others
	AsidesBurst = 400
	// A change takes two calls, and SENTINEL RESET two for each master that it names.
	ChangesQPS   = 20
	ChangesBurst = 2000
)

// Clients are the ways to the API server, kept apart so that none waits for
// another: a thousand labels to write must not delay a renewal of the leader Lease.
type Clients struct {
	// Calls is for the short calls that a failover waits for; each ends within seconds.
	Calls kubernetes.Interface
	// Changes is for what clients of the service ask for, so that however much that is, it
	// is not in the way of the service's own calls; nil: Calls.
	Changes kubernetes.Interface
	// Endpoints is for the endpoints of plain clients, who wait for them; nil: Calls.
	Endpoints kubernetes.Interface
	// Asides is for labels and Events, which nobody waits for; nil: Calls.
	Asides kubernetes.Interface
	// Watches is for informers; it has no overall timeout.
	Watches kubernetes.Interface
	// Leader has a connection of its own, for the leader Lease.
	Leader kubernetes.Interface
}

// Access tells where the API server is and who asks.
type Access struct {
	// Kubeconfig is a file; empty means KUBECONFIG, then the pod's ServiceAccount,
	// then the user's default file.
	Kubeconfig string
	UserAgent  string
}

// Connect makes the clients. It sends nothing yet, so it works while the API
// server is away; an error means that the access data is missing or unreadable.
func Connect(access Access) (Clients, error) {
	noticeDeadConnections()
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = access.Kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return Clients{}, fmt.Errorf("access to Kubernetes: %w", err)
	}
	return clients(config, access.UserAgent)
}

func clients(base *rest.Config, userAgent string) (Clients, error) {
	watches := rest.CopyConfig(base)
	watches.UserAgent = userAgent
	watches.ContentType = runtime.ContentTypeProtobuf
	watches.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	watches.QPS, watches.Burst = AsidesQPS, AsidesBurst

	asides := rest.CopyConfig(watches)
	asides.Timeout = callTimeout

	calls := rest.CopyConfig(asides)
	calls.QPS, calls.Burst = CallsQPS, CallsBurst

	changes := rest.CopyConfig(asides)
	changes.QPS, changes.Burst = ChangesQPS, ChangesBurst

	made := make([]kubernetes.Interface, 0, 6)
	for _, config := range []*rest.Config{calls, asides, watches, rest.CopyConfig(asides), rest.CopyConfig(calls), changes} {
		// A dialer of its own gives each client a connection of its own:
		// client-go shares one among equal configurations.
		config.Dial = (&net.Dialer{Timeout: callTimeout, KeepAlive: callTimeout}).DialContext
		client, err := kubernetes.NewForConfig(config)
		if err != nil {
			return Clients{}, fmt.Errorf("access to Kubernetes: %w", err)
		}
		made = append(made, client)
	}
	return Clients{Calls: made[0], Asides: made[1], Watches: made[2], Leader: made[3], Endpoints: made[4], Changes: made[5]}, nil
}

// noticeDeadConnections makes client-go ping an idle connection after 5 s and
// give it up 3 s later. Its own 30 s and 15 s would leave us watching a dead
// connection for 45 s. It can be told by environment only; a value that is
// already there is the operator's wish.
func noticeDeadConnections() {
	for name, value := range map[string]string{
		"HTTP2_READ_IDLE_TIMEOUT_SECONDS": "5",
		"HTTP2_PING_TIMEOUT_SECONDS":      "3",
	} {
		if _, set := os.LookupEnv(name); !set {
			_ = os.Setenv(name, value) // fails for malformed names only
		}
	}
}
