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
	before := s.deathLog.count(d.point)
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
	for end := time.Now().Add(dieWithin); s.deathLog.count(d.point) == before; rest(ctx, 20*time.Millisecond) {
		if time.Now().After(end) || ctx.Err() != nil {
			return fmt.Errorf("no leader came to %s", d.point)
		}
	}
	if d.begins == FreezeMaster {
		rest(ctx, f.Hold) // a part of the fault: the next leader meets a silent master, or one that wakes
	}
	return nil
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

// count is how many leaders have ended at a point.
func (l *deathLog) count(point string) (n int) {
	for _, d := range l.since(0) {
		if d.Point == point {
			n++
		}
	}
	return n
}

// since leaves the first so many out.
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
			l.all = append(l.all, Death{Point: word(line, "point="), Master: word(line, "master=")})
		}
	}
}

func word(line, name string) string {
	_, after, _ := strings.Cut(line, " "+name)
	value, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	return value
}
