package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// TestByHand: the master falls silent together with a replica that may feed it, so nobody is
// promoted. A person decides, with the line of the README, and who was master follows later.
func TestByHand(t *testing.T) {
	r := install(t, nil)
	master := r.settled(3)
	preload(t, r.client())
	r.caughtUp(master)
	spare := others(r.redisAddrs(), master)
	frozen := []string{r.podAt(master), r.podAt(spare[0])}
	for _, pod := range frozen {
		if err := r.freeze(pod, "redis"); err != nil {
			t.Fatal(err)
		}
	}
	chosen := r.podAt(spare[1])
	r.awaitEvent("MasterNotFenced", "may still take writes")
	r.whyTells("by hand: " + chosen)
	if out, err := r.Shell(t.Context(), r.byHandLine(chosen)); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	if got := r.moved(master); got != spare[1] {
		t.Errorf("%s is master, want %s, which was asked for", got, spare[1])
	}
	r.awaitEvent("PromotedByHand", chosen)
	if got := keptKeys(t.Context(), t, node(t, spare[1])); got != preloaded {
		t.Errorf("%d of %d keys on the new master", got, preloaded)
	}
	for _, pod := range frozen {
		r.wake(pod, "redis")
	}
	if got := r.settled(3); got != spare[1] {
		t.Errorf("%s is master in the end, want %s", got, spare[1])
	}
}

// byHandLine is that of the README, for this release and this pod.
func (r *release) byHandLine(pod string) string {
	r.t.Helper()
	readme, err := os.ReadFile(filepath.Join(r.Root, "README.md"))
	if err != nil {
		r.t.Fatal(err)
	}
	line := regexp.MustCompile("`(kubectl annotate statefulset dev-redis-cache .*promote=.*)`").FindStringSubmatch(string(readme))
	if line == nil {
		r.t.Fatal("README has no line that promotes a pod by hand")
	}
	return strings.NewReplacer("dev-redis-cache-1", pod, "kubectl ", "kubectl -n "+r.namespace+" ").Replace(line[1])
}

// whyTells asks a replica of the service why nobody is promoted, until it answers with this.
func (r *release) whyTells(want string) {
	r.t.Helper()
	s := sentinelAt(r.t, r.sentinels()[0])
	cluster.Eventually(r.t, 10*time.Second, "SENTINEL WHY tells "+want, func(ctx context.Context) error {
		why := redis.NewStringSliceCmd(ctx, "SENTINEL", "WHY", "mymaster")
		if err := s.Process(ctx, why); err != nil {
			return err
		}
		if text := strings.Join(why.Val(), "\n"); !strings.Contains(text, want) {
			return fmt.Errorf("it tells\n%s", text)
		}
		return nil
	})
}
