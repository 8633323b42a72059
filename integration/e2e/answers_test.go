package e2e

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// ailment is a way in which a Redis answers, and not well.
type ailment struct {
	name  string
	spoil func(r *release, addr string)
	heal  func(r *release, addr string)
	// told is what a replica of the service has to tell of it, in SENTINEL MASTER or
	// SENTINEL REPLICAS.
	told func(row map[string]string) bool
}

func down(row map[string]string) bool { return strings.Contains(row["flags"], "s_down") }

// ailments by which a replica must not be chosen, though its replica-priority is best.
var ailments = []ailment{
	{"BUSY", busy, idle, down},
	{"LOADING", loading, loaded, func(row map[string]string) bool { return row["master-link-status"] == "err" }},
	{"NOAUTH", locked, unlocked, down},
	{"nonsense", talkNonsense, talkAgain, down},
}

// TestBadAnswers: a Redis answers, and not well. The service tells it, is not hurt,
// promotes nobody because of it, and does not choose such a one when the master dies.
func TestBadAnswers(t *testing.T) {
	r := install(t, nil)
	r.settled(3)
	preload(t, r.client())
	defer r.unhurt()
	for _, a := range ailments {
		ok := t.Run("replica "+a.name, func(t *testing.T) { r.in(t).ailingReplica(a) })
		if !ok {
			return
		}
	}
	for _, a := range []ailment{{"NOAUTH", locked, unlocked, down}, {"MISCONF", misconfigured, configured, down}} {
		ok := t.Run("master "+a.name, func(t *testing.T) { r.in(t).ailingMaster(a) })
		if !ok {
			return
		}
	}
	t.Run("master MISCONF without replicas", func(t *testing.T) { r.in(t).masterNobodyCanFollow() })
	t.Run("master BUSY", func(t *testing.T) { r.in(t).busyMaster() })
}

// ailingReplica spoils the replica that would be chosen, and kills the master.
func (r *release) ailingReplica(a ailment) {
	r.t.Helper()
	master := r.fenced()
	r.caughtUp(master)
	ill := others(r.redisAddrs(), master)[0]
	r.set(ill, "replica-priority", "1")
	a.spoil(r, ill)
	for _, addr := range r.sentinels() {
		r.tellsOf(addr, ill, a)
		if named := namedBy(r.t, addr); named != master {
			r.t.Errorf("%s names %s because a replica is ill, want %s", addr, named, master)
		}
	}
	r.kill(r.podAt(master))
	next := r.moved(master)
	if next == ill {
		r.t.Errorf("%s was chosen", ill)
	}
	if got := keptKeys(r.t.Context(), r.t, node(r.t, next)); got != preloaded {
		r.t.Errorf("%d of %d keys on the new master", got, preloaded)
	}
	a.heal(r, ill)
	if got := r.settled(3); got != next {
		r.t.Errorf("the master moved once more, from %s to %s", next, got)
	}
	r.set(ill, "replica-priority", "100")
}

// ailingMaster spoils the master while its replicas hear of it: the service is the one
// that does not get on with it, so nobody is promoted.
func (r *release) ailingMaster(a ailment) {
	r.t.Helper()
	master := r.fenced()
	r.caughtUp(master)
	epoch := r.epoch()
	a.spoil(r, master)
	for _, addr := range r.sentinels() {
		r.tellsOf(addr, master, a)
	}
	r.says("why nobody is promoted", func(now record) bool { return now.Refusal.Reason == "MasterSilentHere" })
	r.awaitEvent("MasterSilentHere", r.podAt(master)+" does not answer")
	a.heal(r, master)
	if got := r.settled(3); got != master || r.epoch() != epoch {
		r.t.Errorf("%s is master in epoch %d, want %s in %d", got, r.epoch(), master, epoch)
	}
}

// masterNobodyCanFollow ends the links of the replicas: the PING with which they would
// begin new ones is answered with MISCONF, too. As a replica such a one is well, so that
// it must not be chosen for that.
func (r *release) masterNobodyCanFollow() {
	r.t.Helper()
	c := r.beginChange()
	dump := r.dumpOf(c.from)
	misconfigured(r, c.from)
	if err := node(r.t, c.from).Do(r.t.Context(), "CLIENT", "KILL", "TYPE", "replica").Err(); err != nil {
		r.t.Fatal(err)
	}
	c.to = r.moved(c.from)
	c.v.awaitAt(r.t, c.to)
	// A replica that cannot save ends with the first write that comes from its master
	// ("Replica was unable to write command to disk"), and cannot start either.
	if err := os.RemoveAll(dump); err != nil {
		r.t.Fatal(err)
	}
	cluster.Eventually(r.t, time.Minute, c.from+" need not save, or has ended before it was told so", func(ctx context.Context) error {
		return node(r.t, c.from).ConfigSet(ctx, "save", "").Err()
	})
	r.isWell(c)
}

// busyMaster lets the master run a script without end. Its replicas hear nothing of it
// either, so another one takes over; when the script ends it must not serve.
func (r *release) busyMaster() {
	r.t.Helper()
	c := r.beginChange()
	busy(r, c.from)
	c.to = r.moved(c.from)
	c.v.awaitAt(r.t, c.to)
	idle(r, c.from)
	r.isWell(c)
}

// tellsOf waits until a replica of the service tells that something is wrong.
func (r *release) tellsOf(sentinel, addr string, a ailment) {
	r.t.Helper()
	s := sentinelAt(r.t, sentinel)
	cluster.Eventually(r.t, time.Minute, a.name+" is told", func(ctx context.Context) error {
		rows, err := s.Replicas(ctx, "mymaster").Result()
		if err != nil {
			return err
		}
		master, err := s.Master(ctx, "mymaster").Result()
		if err != nil {
			return err
		}
		rows = append(rows, master)
		at := slices.IndexFunc(rows, func(row map[string]string) bool { return row["ip"]+":"+row["port"] == addr })
		if at < 0 || !a.told(rows[at]) {
			return fmt.Errorf("of %s it is told: %v", addr, rows)
		}
		return nil
	})
}

// unhurt holds that no replica of the service ended, and that none took more memory
// than the chart gives to it.
func (r *release) unhurt() {
	r.t.Helper()
	pods, err := r.Pods(r.t.Context(), r.namespace, cluster.ServiceSelector(r.name))
	if err != nil {
		r.t.Fatal(err)
	}
	for name, pod := range pods {
		process, err := r.Agent.Process(r.namespace, name, "sentinel")
		if err != nil {
			r.t.Fatal(err)
		}
		if process.Restarts > 0 {
			r.t.Errorf("%s was restarted %d times", name, process.Restarts)
			continue
		}
		limit := pod.Spec.Containers[0].Resources.Limits.Memory().Value()
		if peak := peakMemory(r.t, process.PID); peak > limit {
			r.t.Errorf("%s took %d MiB, its limit is %d MiB", name, peak>>20, limit>>20)
		}
	}
}

// set changes an option by hand.
func (r *release) set(addr, option, value string) {
	r.t.Helper()
	if err := node(r.t, addr).ConfigSet(r.t.Context(), option, value).Err(); err != nil {
		r.t.Fatal(err)
	}
}

// busy runs a script without end: everybody is answered BUSY.
func busy(r *release, addr string) {
	r.t.Helper()
	r.set(addr, "busy-reply-threshold", "20")
	endless := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, ReadTimeout: -1})
	r.t.Cleanup(func() { _ = endless.Close() })
	go func() { _ = endless.Eval(context.Background(), "while true do end", nil).Err() }()
	r.answers(addr, "BUSY")
}

func idle(r *release, addr string) {
	r.t.Helper()
	if err := node(r.t, addr).ScriptKill(r.t.Context()).Err(); err != nil {
		r.t.Fatal(err)
	}
}

// loading makes a replica copy everything anew and take its time to load it.
func loading(r *release, addr string) {
	r.t.Helper()
	of, err := replicationOf(r.t.Context(), addr)
	if err != nil {
		r.t.Fatal(err)
	}
	_, err = node(r.t, addr).Pipelined(r.t.Context(), func(tx redis.Pipeliner) error {
		tx.ConfigSet(r.t.Context(), "key-load-delay", "3000")
		tx.ConfigSet(r.t.Context(), "loading-process-events-interval-bytes", "1024")
		tx.ConfigSet(r.t.Context(), "min-replicas-to-write", "0")
		tx.Do(r.t.Context(), "REPLICAOF", "NO", "ONE")
		tx.Set(r.t.Context(), "own", "way", 0) // what its master has not: a partial resync is impossible
		tx.Do(r.t.Context(), "REPLICAOF", of["master_host"], of["master_port"])
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.answers(addr, "LOADING")
}

func loaded(r *release, addr string) {
	r.t.Helper()
	r.set(addr, "key-load-delay", "0")
}

// locked changes the password by hand, so that the service's is wrong.
func locked(r *release, addr string) {
	r.t.Helper()
	r.set(addr, "requirepass", "another")
	c := node(r.t, addr)
	if err := c.Do(r.t.Context(), "AUTH", "another").Err(); err != nil {
		r.t.Fatal(err)
	}
	if err := c.Do(r.t.Context(), "CLIENT", "KILL", "TYPE", "normal").Err(); err != nil {
		r.t.Fatal(err)
	}
	r.answers(addr, "NOAUTH")
}

func unlocked(r *release, addr string) {
	r.t.Helper()
	c := redis.NewClient(&redis.Options{Addr: addr, Password: "another", MaxRetries: -1})
	defer c.Close()
	if err := c.ConfigSet(r.t.Context(), "requirepass", "").Err(); err != nil {
		r.t.Fatal(err)
	}
}

// misconfigured lets saving fail: a master refuses writes then, and answers PING so.
func misconfigured(r *release, addr string) {
	r.t.Helper()
	r.inTheWay(addr, true)
	r.set(addr, "save", "3600 1000000")
	if err := node(r.t, addr).BgSave(r.t.Context()).Err(); err != nil {
		r.t.Fatal(err)
	}
	r.answers(addr, "MISCONF")
}

func configured(r *release, addr string) {
	r.t.Helper()
	r.inTheWay(addr, false)
	r.set(addr, "save", "")
}

// answers waits until a Redis answers PING with an error of this kind.
func (r *release) answers(addr, kind string) {
	r.t.Helper()
	cluster.Eventually(r.t, time.Minute, addr+" answers "+kind, func(ctx context.Context) error {
		c := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, Protocol: 2, DisableIdentity: true})
		defer c.Close()
		if err := c.Ping(ctx).Err(); err == nil || !strings.HasPrefix(err.Error(), kind) {
			return fmt.Errorf("it answers %w", err)
		}
		return nil
	})
}

// talkNonsense puts a stand-in in the place of a Redis, which stays away meanwhile.
func talkNonsense(r *release, addr string) {
	r.t.Helper()
	pod := r.podAt(addr)
	release := r.hold(pod)
	r.kill(pod)
	r.gone(pod)
	standIn = babble(r.t, addr)
	standIn.release = release
	standIn.awaitHeard(r.t, 4*len(nonsense)) // each of them twice
}

func talkAgain(r *release, _ string) {
	r.t.Helper()
	standIn.end()
	standIn.release()
}
