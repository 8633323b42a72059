package printed

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/kubeconfig"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/release"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/suite"
)

// follower follows one README: a person whose context names a namespace of their own.
type follower struct {
	*set
	person cluster.Access
}

func newFollower(t *testing.T, c *realnodes.Cluster, namespace string) *follower {
	t.Helper()
	r, err := release.New(t.Context(), c, namespace, "dev")
	if err != nil {
		t.Fatal(err)
	}
	f := &follower{set: &set{Release: r}, person: c.Access}
	f.person.Kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	if err := kubeconfig.Write(f.person.Kubeconfig, c.Config, namespace); err != nil {
		t.Fatal(err)
	}
	return f
}

// bare is a command without the comment behind it.
func (c Command) bare() string {
	text, _, _ := strings.Cut(c.Text, " # ")
	return strings.TrimSpace(text)
}

// runs has what is done with the commands of the READMEs, and what they promise.
var runs = map[string]func(ctx context.Context, f *follower, line string) error{
	"helm install dev charts/redis-cache --set sentinel.image.repository=registry.example.com/redis-sentinel-k8s --set sentinel.image.tag=1": installs,
	"kubectl get leases": tellsTheMaster,
	"redis-cli -h dev-redis-cache-sentinel -p 26379 sentinel get-master-addr-by-name mymaster": tellsTheAddress,
	"redis-cli -h dev-redis-cache-sentinel -p 26379 sentinel why mymaster":                     tellsWhy,
	"kubectl port-forward deployment/dev-redis-cache-sentinel 26379":                           ordersFromWithin,
	"kubectl describe statefulset":                                                             tellsWhatHappened,
	"kubectl describe pod":                                                                     exits,
}

// run is what is done with a command; nil when it is not run.
func (c Command) run() func(ctx context.Context, f *follower, line string) error {
	if strings.HasPrefix(c.Text, "--set ") {
		return rendersWith
	}
	return runs[c.bare()]
}

// TestReadmes types what the READMEs print, in their order.
func TestReadmes(t *testing.T) {
	c := suite.Nodes(t)
	for _, document := range documents(t) {
		commands := slices.DeleteFunc(commandsOf(t, document), func(c Command) bool { return c.run() == nil })
		if len(commands) == 0 {
			continue // TestEveryCommandIsRunOrLeftOut
		}
		namespace := strings.NewReplacer("/", "-", ".", "-").Replace(strings.ToLower(document))
		t.Run(namespace, func(t *testing.T) {
			f := newFollower(t, c, namespace)
			for _, command := range commands {
				if err := command.run()(t.Context(), f, command.Text); err != nil {
					t.Fatalf("%s:%d: %s\n%v", document, command.Line, command.Text, err)
				}
				t.Logf("%s:%d: %s", document, command.Line, command.Text)
			}
			c.Uninstall(t, namespace, f.Name)
		})
	}
}
