package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	corev1 "k8s.io/api/core/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// dieWithin is longer than any operation takes to come to its last step, also when the
// master is silent and nobody leads at first.
const dieWithin = 40 * time.Second

// death tells the leader at which step to end, begins what leads there, and returns
// when a leader has come there and ended.
func (s *scene) death(ctx context.Context, f Fault, d death) (err error) {
	leader, err := s.fleet.leader(ctx)
	if err != nil {
		return err
	}
	if err := s.simulate(ctx, leader, d.point); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.withdraw(ctx)) }()
	master, err := s.masterPod(ctx, f.Set)
	if err != nil {
		return err
	}
	before, processes := len(s.deathLog.since(0)), s.serviceProcesses()
	switch d.begins {
	case Failover:
		err = s.failover(ctx, f)
	case KillMaster:
		err = s.signal(master, "redis", syscall.SIGKILL)
	case FreezeMaster:
		if err = s.signal(master, "redis", syscall.SIGSTOP); err == nil {
			defer func() { err = errors.Join(err, s.signal(master, "redis", syscall.SIGCONT)) }()
		}
	}
	if err != nil {
		return err
	}
	died, err := s.awaitDeath(ctx, before, d.point)
	if err == nil && f.Pick%2 == 1 {
		err = s.stayAway(ctx, died.Pod, processes[died.Pod])
	}
	if d.begins == FreezeMaster {
		rest(ctx, f.Hold) // a part of the fault: the next leader meets a silent master, or one that wakes
	}
	return err
}

func (s *scene) awaitDeath(ctx context.Context, before int, point string) (Death, error) {
	for end := time.Now().Add(dieWithin); time.Now().Before(end) && ctx.Err() == nil; rest(ctx, 20*time.Millisecond) {
		for _, d := range s.deathLog.since(before) {
			if d.Point == point {
				return d, nil
			}
		}
	}
	return Death{}, fmt.Errorf("no leader came to %s", point)
}

// serviceProcesses are the containers of the service's pods, by pod.
func (s *scene) serviceProcesses() map[string]string {
	found := map[string]string{}
	for _, pod := range s.servicePods() {
		if p, err := s.Agent.Process(namespace, pod.Name, "sentinel"); err == nil {
			found[pod.Name] = p.ContainerID
		}
	}
	return found
}

// stayAway stops the successor of an ended process as soon as it is there, before it
// can take the leader Lease that is still its pod's, until another one leads.
func (s *scene) stayAway(ctx context.Context, pod, ended string) error {
	for {
		now, err := s.Agent.Process(namespace, pod, "sentinel")
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if now.ContainerID != ended && now.PID != 0 {
			break
		}
		rest(ctx, 5*time.Millisecond)
	}
	if err := s.Agent.Signal(namespace, pod, "sentinel", syscall.SIGSTOP); err != nil {
		return err
	}
	for end := time.Now().Add(dieWithin); time.Now().Before(end) && ctx.Err() == nil; rest(ctx, 100*time.Millisecond) {
		if leader, err := s.fleet.leader(ctx); err == nil && leader.Name != pod {
			break
		}
	}
	return s.Agent.Signal(namespace, pod, "sentinel", syscall.SIGCONT)
}

// simulate asks one replica of the service. When it answers, it knows itself.
func (s *scene) simulate(ctx context.Context, service corev1.Pod, word string) error {
	client := redis.NewClient(&redis.Options{Addr: service.Status.PodIP + ":26379", Dialer: s.dial, MaxRetries: -1, Protocol: 2})
	defer client.Close()
	return client.Do(ctx, "SENTINEL", "SIMULATE-FAILURE", word).Err()
}

// withdraw takes the wish back, in case that no leader has met it, so that no later
// step is surprised by it.
func (s *scene) withdraw(ctx context.Context) error {
	last := errors.New("no service pods")
	for end := time.Now().Add(dieWithin); time.Now().Before(end) && ctx.Err() == nil; rest(ctx, 100*time.Millisecond) {
		for _, pod := range s.servicePods() {
			if last = s.simulate(ctx, pod, sentinel.SimulateNothing); last == nil {
				return nil
			}
		}
	}
	return fmt.Errorf("the wish for the leader's end was not taken back: %w", last)
}

// deathLog finds in the logs of the service where leaders ended as they were asked to.
type deathLog struct {
	pattern string // of the files

	mu   sync.Mutex
	read map[string]int64 // of each file, so many bytes
	all  []Death
}

func newDeathLog(dir string) *deathLog {
	return &deathLog{pattern: filepath.Join(dir, "pods", "*", "sentinel", "*.log"), read: map[string]int64{}}
}

// since are all that were found up to now, but for the first so many.
func (l *deathLog) since(first int) []Death {
	l.mu.Lock()
	defer l.mu.Unlock()
	paths, _ := filepath.Glob(l.pattern) // the pattern is a good one
	for _, path := range paths {
		l.scan(path)
	}
	return append([]Death(nil), l.all[first:]...)
}

// scan reads the whole lines that a file has got since.
func (l *deathLog) scan(path string) {
	file, err := os.Open(path)
	if err != nil {
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.Size() <= l.read[path] {
		return
	}
	text := make([]byte, info.Size()-l.read[path])
	n, _ := file.ReadAt(text, l.read[path])
	whole := strings.LastIndexByte(string(text[:n]), '\n') + 1
	l.read[path] += int64(whole)
	for line := range strings.Lines(string(text[:whole])) {
		if strings.Contains(line, `msg="crash simulated`) {
			l.all = append(l.all, Death{Point: word(line, "point="), Master: word(line, "master="), Pod: podOf(path)})
		}
	}
}

// podOf reads the name of a pod in the path of its log: <namespace>_<pod>_<uid>/<container>/<n>.log.
func podOf(path string) string {
	_, after, _ := strings.Cut(filepath.Base(filepath.Dir(filepath.Dir(path))), "_")
	name, _, _ := strings.Cut(after, "_")
	return name
}

func word(line, name string) string {
	_, after, _ := strings.Cut(line, " "+name)
	value, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	return value
}
