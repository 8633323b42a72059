package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	agent "github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
)

// diskSet is a StatefulSet that keeps data on disk: its volume outlives its containers, as the
// chart's does, but whatever lies there is loaded, and the set is not declared memory-only.
const diskSet = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: NAME, namespace: test, annotations: {ANNOTATIONS}}
spec:
  serviceName: NAME
  replicas: 3
  podManagementPolicy: Parallel
  selector: {matchLabels: {disk: NAME}}
  template:
    metadata: {labels: {disk: NAME, redis-sentinel-k8s/master-name: NAME}}
    spec:
      terminationGracePeriodSeconds: 5
      containers:
        - name: redis
          image: redis:8.0-alpine
          args: [--port, "6379", --dir, /data, --save, "", --protected-mode, "no", --repl-diskless-sync-delay, "0",
            ARGS, --replicaof, 127.0.0.1, "1"]
          volumeMounts: [{name: data, mountPath: /data}]
      volumes: [{name: data, emptyDir: {}}]
`

// TestAllRestartWithData: every process of a set is killed at once, and comes back with
// what it has on disk: snapshots of different age, or a log of all writes. The newest
// data is chosen, and the set is not taken for lost.
func TestAllRestartWithData(t *testing.T) {
	// Each set is killed several times; a back-off of more than 10 s shows nothing more.
	r := installOn(t, cluster.Options{Restarts: []agent.Restarts{{Most: 10 * time.Second}}},
		cluster.Values{"sentinel": cluster.Values{"extraArgs": []string{"--selector=redis-sentinel-k8s/master-name"}}})
	for name, args := range map[string]string{"snapshots": `--appendonly, "no"`, "log": `--appendonly, "yes", --appendfsync, always`} {
		r.apply(strings.NewReplacer("NAME", name, "ARGS", args, "ANNOTATIONS", "").Replace(diskSet))
	}
	t.Run("snapshots", func(t *testing.T) {
		d := disk{r.in(t), "snapshots"}
		for n := range 4 {
			if d.newestWins(n); t.Failed() {
				return
			}
		}
	})
	t.Run("log", func(t *testing.T) {
		d := disk{r.in(t), "log"}
		master := d.settled()
		preload(t, node(t, master))
		d.killAll("")
		now := d.settled()
		for _, addr := range d.addrs() {
			if got := keptKeys(t.Context(), t, node(t, addr)); got != preloaded {
				t.Errorf("%d of %d keys on %s", got, preloaded, addr)
			}
		}
		t.Logf("master %s before, %s after", master, now)
	})
}

// TestMemoryOnlyWithADisk: the same in a set that is declared memory-only. What its processes
// bring from their disks is nobody's, and that the set has lost its data is told; a person is
// asked first where that is wanted.
func TestMemoryOnlyWithADisk(t *testing.T) {
	r := installOn(t, cluster.Options{Restarts: []agent.Restarts{{Most: 10 * time.Second}}},
		cluster.Values{"sentinel": cluster.Values{"extraArgs": []string{"--selector=redis-sentinel-k8s/master-name"}}})
	declare := func(onTotalLoss string) {
		annotations := `redis-sentinel-k8s/memory-only: "yes", redis-sentinel-k8s/on-total-loss: ` + onTotalLoss
		r.apply(strings.NewReplacer("NAME", "volatile", "ARGS", `--appendonly, "no"`, "ANNOTATIONS", annotations).Replace(diskSet))
	}
	declare("accept")
	d := disk{r, "volatile"}
	for n, onTotalLoss := range []string{"accept", "manual"} {
		master := d.settled()
		declare(onTotalLoss)
		d.saveDeleted(master)
		d.killAll("")
		if onTotalLoss == "manual" {
			d.awaitLosses(n + 1)
			for _, addr := range d.addrs() {
				if of, err := replicationOf(t.Context(), addr); err != nil || of["role"] != "slave" {
					t.Errorf("%s: %v, %v, though nobody was asked", addr, of, err)
				}
			}
			declare("accept")
		}
		d.settled()
		d.awaitLosses(n + 1)
		for _, addr := range d.addrs() {
			if keys := node(t, addr).Keys(t.Context(), "*").Val(); !slices.Equal(keys, []string{"takes"}) && len(keys) > 0 {
				t.Errorf("%s has %v", addr, keys)
			}
		}
	}
}

// saveDeleted leaves a key on all disks that is deleted afterwards.
func (d disk) saveDeleted(master string) {
	d.t.Helper()
	c := node(d.t, master)
	if err := c.Set(d.t.Context(), "gone", "x", 0).Err(); err != nil {
		d.t.Fatal(err)
	}
	d.caughtUp(master)
	for _, addr := range d.addrs() {
		if err := node(d.t, addr).Save(d.t.Context()).Err(); err != nil {
			d.t.Fatal(err)
		}
	}
	if err := errors.Join(c.Del(d.t.Context(), "gone").Err(), c.Set(d.t.Context(), "kept", "y", 0).Err()); err != nil {
		d.t.Fatal(err)
	}
	d.caughtUp(master)
}

// awaitLosses waits until so many total losses were told.
func (d disk) awaitLosses(n int) {
	d.t.Helper()
	cluster.Eventually(d.t, time.Minute, "the loss to be told", func(ctx context.Context) error {
		events, err := d.Client.CoreV1().Events(d.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		told := 0
		for _, e := range events.Items {
			if e.Reason == "TotalLoss" && e.InvolvedObject.Kind == "StatefulSet" {
				told += int(max(e.Count, 1))
			}
		}
		if told < n {
			err = fmt.Errorf("%d of %d", told, n)
		}
		return err
	})
}

// disk is one of these sets.
type disk struct {
	*release
	master string
}

// newestWins saves the replicas' data at different times, the newest with another pod
// each time, and kills all. In half of the rounds the newest comes back last, as it may
// do that has the most to load.
func (d disk) newestWins(n int) {
	d.t.Helper()
	master := d.settled()
	replicas := others(d.addrs(), master)
	older, newer := replicas[n%2], replicas[(n+1)%2]
	for _, at := range []string{older, newer} {
		if err := node(d.t, master).Set(d.t.Context(), fmt.Sprintf("round:%d:%s", n, at), "x", 0).Err(); err != nil {
			d.t.Fatal(err)
		}
		d.caughtUp(master)
		if err := node(d.t, at).Save(d.t.Context()).Err(); err != nil {
			d.t.Fatal(err)
		}
	}
	last := ""
	if n >= 2 {
		last = d.podCalled(newer)
	}
	d.killAll(last)
	now := d.settled()
	for _, at := range []string{older, newer} {
		if have := node(d.t, now).Exists(d.t.Context(), fmt.Sprintf("round:%d:%s", n, at)).Val(); have != 1 {
			d.t.Errorf("round %d: %s is master and lacks what %s had saved", n, now, at)
		}
	}
	d.t.Logf("round %d: master %s, older %s, newer %s; then master %s", n, master, older, newer, now)
}

func (d disk) pods(ctx context.Context) ([]string, []string, error) {
	pods, err := d.Pods(ctx, d.namespace, "disk="+d.master)
	if err != nil {
		return nil, nil, err
	}
	var names, addrs []string
	for n := range 3 {
		name := fmt.Sprintf("%s-%d", d.master, n)
		pod, found := pods[name]
		if !found || pod.Status.PodIP == "" {
			return nil, nil, fmt.Errorf("no %s yet", name)
		}
		names, addrs = append(names, name), append(addrs, pod.Status.PodIP+":6379")
	}
	return names, addrs, nil
}

func (d disk) addrs() []string {
	d.t.Helper()
	_, addrs, err := d.pods(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return addrs
}

func (d disk) podCalled(addr string) string {
	d.t.Helper()
	names, addrs, err := d.pods(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return names[slices.Index(addrs, addr)]
}

// killAll kills all three as close to each other as can be, and waits for their
// successors. The one of the pod last, if there is such a one, comes a second later.
func (d disk) killAll(last string) {
	d.t.Helper()
	names, _, err := d.pods(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	release := func() {}
	if last != "" {
		release = d.hold(last)
	}
	pids := map[string]int{}
	for _, name := range names {
		process, err := d.Agent.Process(d.namespace, name, "redis")
		if err != nil {
			d.t.Fatal(err)
		}
		pids[name] = process.PID
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			d.t.Fatal(err)
		}
	}
	for name, pid := range pids {
		if name != last {
			d.awaitSuccessor(name, pid)
		}
	}
	if last != "" {
		time.Sleep(time.Second) // the fault itself
		release()
		d.awaitSuccessor(last, pids[last])
	}
}

func (d disk) awaitSuccessor(name string, pid int) {
	d.t.Helper()
	cluster.Eventually(d.t, time.Minute, "another process of "+name, func(context.Context) error {
		process, err := d.Agent.Process(d.namespace, name, "redis")
		if err == nil && (process.PID == 0 || process.PID == pid) {
			err = fmt.Errorf("process %d", process.PID)
		}
		return err
	})
}

// settled waits until the master that is told has both replicas.
func (d disk) settled() string {
	d.t.Helper()
	var master string
	cluster.Eventually(d.t, 90*time.Second, "a master of "+d.master+" with two replicas", func(ctx context.Context) error {
		_, addrs, err := d.pods(ctx)
		if err != nil {
			return err
		}
		s := redis.NewSentinelClient(&redis.Options{Addr: d.sentinels()[0]})
		defer s.Close()
		host, err := s.GetMasterAddrByName(ctx, d.master).Result()
		if err != nil {
			return err
		}
		master = strings.Join(host, ":")
		return followed(ctx, master, others(addrs, master))
	})
	return master
}

// followed tells that a master takes writes, and that replicas follow it and have
// what it has.
func followed(ctx context.Context, master string, replicas []string) error {
	for _, addr := range replicas {
		of, err := replicationOf(ctx, addr)
		if err != nil {
			return err
		}
		if of["role"] != "slave" || of["master_host"]+":"+of["master_port"] != master || of["master_link_status"] != "up" {
			return fmt.Errorf("%s: %v", addr, of)
		}
	}
	c := redis.NewClient(&redis.Options{Addr: master, MaxRetries: -1})
	defer c.Close()
	return c.Set(ctx, "takes", "writes", 0).Err()
}

func replicationOf(ctx context.Context, addr string) (map[string]string, error) {
	c := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1})
	defer c.Close()
	info, err := c.InfoMap(ctx, "replication").Result()
	return info["Replication"], err
}
