package printed

import (
	"context"
	"path/filepath"
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

// run has what is done with the commands of the READMEs, and what they promise.
var run = map[string]func(ctx context.Context, r *follower, line string) error{
	"helm install dev charts/redis-cache --set sentinel.image.repository=registry.example.com/redis-sentinel-k8s --set sentinel.image.tag=1": installs,
	"kubectl get leases": tellsTheMaster,
	"redis-cli -h dev-redis-cache-sentinel -p 26379 sentinel get-master-addr-by-name mymaster": tellsTheAddress,
	"kubectl describe statefulset": tellsWhatHappened,
	"kubectl describe pod":         exits,
}

// TestReadmes types what the READMEs print, in their order.
func TestReadmes(t *testing.T) {
	c := suite.Nodes(t)
	for _, document := range documents {
		namespace := "readme-" + strings.ToLower(filepath.Base(filepath.Dir("/root/"+document)))
		t.Run(namespace, func(t *testing.T) {
			r := newFollower(t, c, namespace)
			for _, command := range commandsOf(t, document) {
				do := run[command.bare()]
				if strings.HasPrefix(command.Text, "--set ") {
					do = rendersWith
				}
				if do == nil {
					continue // TestEveryCommandIsRunOrLeftOut
				}
				if err := do(t.Context(), r, command.Text); err != nil {
					t.Fatalf("%s:%d: %s\n%v", document, command.Line, command.Text, err)
				}
				t.Logf("%s:%d: %s", document, command.Line, command.Text)
			}
			c.Uninstall(t, namespace, r.Name)
		})
	}
}
