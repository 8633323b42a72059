package load

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	clientTimeout = time.Second
	// keptGap is from where on a gap is kept, and keptGaps how many are.
	keptGap  = 5 * time.Millisecond
	keptGaps = 200
	chunk    = 500
)

// running is a load that goes on.
type running struct {
	plan   Plan
	began  time.Time
	client *redis.Client // nil for an asker
	stop   context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	acked   []string
	done    int
	last    time.Time
	gaps    []Gap
	errors  map[string]int
	history []Operation
}

func start(plan Plan) *running {
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{plan: plan, began: time.Now(), stop: cancel, errors: map[string]int{}}
	switch plan.Kind {
	case Sentinel, Registers:
		r.client = redis.NewFailoverClient(&redis.FailoverOptions{
			MasterName: plan.Master, SentinelAddrs: []string{plan.Address}, MaxRetries: -1, PoolSize: plan.Workers,
			DialTimeout: clientTimeout, ReadTimeout: clientTimeout, WriteTimeout: clientTimeout,
		})
	case Plain:
		r.client = redis.NewClient(&redis.Options{
			Addr: plan.Address, MaxRetries: -1, PoolSize: plan.Workers,
			DialTimeout: clientTimeout, ReadTimeout: clientTimeout, WriteTimeout: clientTimeout,
		})
	case Asker:
	}
	for worker := range plan.Workers {
		r.wg.Go(func() { r.work(ctx, worker) })
	}
	return r
}

func (r *running) work(ctx context.Context, worker int) {
	for i := 0; ctx.Err() == nil; i++ {
		var key string
		var err error
		switch r.plan.Kind {
		case Asker:
			err = ask(ctx, r.plan.Address, r.plan.Master)
		case Registers:
			err = r.touch(ctx, worker, i)
		default:
			key = fmt.Sprintf("%s:%d:%d", r.plan.Name, worker, i)
			err = r.client.Set(ctx, key, i, 0).Err()
		}
		if ctx.Err() != nil {
			return // what the end itself broke off tells nothing
		}
		r.note(key, err)
		pause(ctx, r.plan.Pause)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (r *running) note(key string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.errors[err.Error()]++
		return
	}
	now := time.Now()
	r.done++
	if key != "" {
		r.acked = append(r.acked, key)
	}
	if gap := now.Sub(r.last); !r.last.IsZero() && gap > keptGap {
		r.keep(Gap{From: r.last, For: gap})
	}
	r.last = now
}

// keep keeps the longest gaps.
func (r *running) keep(gap Gap) {
	r.gaps = append(r.gaps, gap)
	if len(r.gaps) > 2*keptGaps {
		slices.SortFunc(r.gaps, func(a, b Gap) int { return int(b.For - a.For) })
		r.gaps = r.gaps[:keptGaps]
	}
}

func (r *running) progress() Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Progress{Done: r.done, Failed: Report{Errors: r.errors}.Failures()}
}

// end stops the load, looks for its writes, removes them and tells all.
func (r *running) end(ctx context.Context) (Report, error) {
	ended := time.Now()
	r.stop()
	r.wg.Wait()
	if !r.last.IsZero() {
		r.keep(Gap{From: r.last, For: ended.Sub(r.last)}) // one that had no end
	}
	report := Report{Done: r.done, Errors: r.errors, Gaps: r.gaps, History: r.history}
	if r.client == nil {
		return report, nil
	}
	defer func() { _ = r.client.Close() }()
	for keys := range slices.Chunk(r.acked, chunk) {
		n, err := r.count(ctx, keys)
		if err != nil {
			return report, fmt.Errorf("look for %d writes: %w", len(r.acked), err)
		}
		report.Lost += len(keys) - n
	}
	return report, nil
}

// count says how many keys are there, and removes them: the set's memory has to do for
// many loads.
func (r *running) count(ctx context.Context, keys []string) (n int, err error) {
	for ; ctx.Err() == nil; pause(ctx, 50*time.Millisecond) {
		var found int64
		if found, err = r.client.Exists(ctx, keys...).Result(); err != nil {
			continue
		}
		// Exists and Unlink are two commands: what an Unlink that failed has removed is not lost.
		if err = r.client.Unlink(ctx, keys...).Err(); err == nil || found == int64(len(keys)) {
			return int(found), nil
		}
		return int(found), err
	}
	return 0, err
}
