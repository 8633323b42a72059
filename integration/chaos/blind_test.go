package chaos

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Faults that leave everything alive: replicas of the service that reach no Redis, and a
// Redis that answers and refuses.

// relievedWithin is far longer than a leader that reaches no Redis should go on while a
// master is down: it knows after down-after (2 s) and a PING, says so a second later, and is
// relieved at the next look of another one, in 2.2 s at most. blindFor is longer still, so
// that nothing but that ends the gap.
const blindFor = relievedWithin + 10*time.Second

// blind cuts the leader, or the whole service, off from all Redis, those that come
// meanwhile included, and from nothing else.
func (s *scene) blind(ctx context.Context, f Fault) error {
	leader, err := s.fleet.leader(ctx)
	if err != nil {
		return err
	}
	pods, hold := []corev1.Pod{leader}, f.Hold*3/2
	if f.Kind == CutServiceRedis {
		pods = s.servicePods()
	}
	for _, pod := range pods {
		err = errors.Join(err, cutRedis(pod.Status.PodIP))
	}
	if f.Kind == CutLeaderRedisKill {
		err = errors.Join(err, s.signal(s.masters[f.Set], "redis", syscall.SIGKILL))
		hold = blindFor
	}
	rest(ctx, hold) // the fault itself
	return errors.Join(err, mend())
}

// cutRedis drops what goes from an address to any Redis, and back.
func cutRedis(ip string) error {
	return errors.Join(
		shell("nft add rule ip cut out ip saddr "+ip+" tcp dport 6379 drop"),
		shell("nft add rule ip cut out ip daddr "+ip+" tcp sport 6379 drop"),
	)
}

// refusals are commands that a Redis is told to refuse, by turns.
var refusals = []string{"-config|set", "-info"}

// refuse lets one Redis of a set refuse a command for a while. What has no such command in
// its ACL any more has restarted meanwhile.
func (s *scene) refuse(ctx context.Context, f Fault, master, other corev1.Pod) error {
	client := s.patient(other.Status.PodIP + ":6379")
	defer client.Close()
	rule := refusals[f.Pick%len(refusals)]
	if err := client.Do(ctx, "ACL", "SETUSER", "default", rule).Err(); err != nil {
		return fmt.Errorf("ACL SETUSER default %s: %w", rule, err)
	}
	var err error
	if f.Kind == RefuseKill {
		err = s.signal(master, "redis", syscall.SIGKILL)
	}
	rest(ctx, f.Hold*3/2) // the fault itself
	heal := s.patient(other.Status.PodIP + ":6379")
	defer heal.Close()
	return errors.Join(err, heal.Do(ctx, "ACL", "SETUSER", "default", "+@all").Err())
}

// TestBlindLeader: the leader reaches no Redis, the others do, and the master crashes. It is
// relieved, and a replica is promoted long before the cut ends.
func TestBlindLeader(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	if !networked() {
		t.Skip("no network namespace, so no cuts; with CI=true that is an error")
	}
	r := begin(t)
	r.step(Step{{Kind: CutLeaderRedisKill}})
	r.end(0)
}
