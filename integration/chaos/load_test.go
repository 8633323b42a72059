package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	writers   = 3 // of each set, the last one quiet
	writeRest = 8 * time.Millisecond
	readRest  = 50 * time.Millisecond
	preloaded = 500
)

func preloadedKeys() []string {
	keys := make([]string, preloaded)
	for i := range keys {
		keys[i] = fmt.Sprintf("preloaded:%d", i)
	}
	return keys
}

// load is the writers and the readers.
type load struct {
	h    *History
	wg   sync.WaitGroup
	stop context.CancelFunc

	mu      sync.Mutex
	pending [][]string // of each set, the keys acknowledged and not yet looked for
}

func startLoad(t *testing.T, f *fleet, h *History) *load {
	redis.SetLogger(silent{})
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{h: h, stop: cancel, pending: make([][]string, len(sets))}
	for _, s := range sets {
		for n := range writers {
			l.wg.Go(func() { l.write(ctx, f, s, n) })
		}
		l.wg.Go(func() { l.read(ctx, f, s) })
	}
	t.Cleanup(l.end)
	return l
}

// silent keeps go-redis from telling each connection that we break.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

func (l *load) end() {
	l.stop()
	l.wg.Wait()
}

// write writes one key after the other. It has one connection at a time, and asks on
// each for the process behind it, so that it knows who acknowledges.
func (l *load) write(ctx context.Context, f *fleet, s set, writer int) {
	var process atomic.Value
	connect := f.client
	if writer == writers-1 {
		connect = f.quiet
	}
	client := connect(s, func(ctx context.Context, cn *redis.Conn) error {
		text, err := cn.Info(ctx, "server").Result()
		if field(text, "redis_mode") == "standalone" { // it connects to Sentinels, too
			process.Store(field(text, "run_id"))
		}
		return err
	})
	for seq := 0; ctx.Err() == nil; seq++ {
		began := l.h.Now()
		err := client.Set(ctx, Key(s.number, writer, seq), seq, 0).Err()
		ended := l.h.Now()
		if err == nil {
			ack := Ack{Set: s.number, Writer: writer, Seq: seq, Process: process.Load().(string), Began: began, Ended: ended}
			l.h.Record(func(h *History) { h.Acks = append(h.Acks, ack) })
			l.mu.Lock()
			l.pending[s.number] = append(l.pending[s.number], ack.key())
			l.mu.Unlock()
		}
		time.Sleep(writeRest) // the load's own pace
	}
}

// read asks masters for preloaded keys. A key that is missing while the client has
// not heard of a crash yet is counted, and no more: the samples tell of wipes.
func (l *load) read(ctx context.Context, f *fleet, s set) {
	client := f.client(s, nil)
	for ctx.Err() == nil {
		err := client.Get(ctx, fmt.Sprintf("preloaded:%d", rand.IntN(preloaded))).Err()
		l.h.Record(func(h *History) {
			if err == nil || err == redis.Nil { //nolint:errorlint // never wrapped
				h.Reads++
			}
			if err == redis.Nil { //nolint:errorlint // never wrapped
				h.Misses++
			}
		})
		time.Sleep(readRest) // the load's own pace
	}
}

// take returns the keys of a set to be looked for now.
func (l *load) take(set int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	keys := l.pending[set]
	l.pending[set] = nil
	return keys
}

func field(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+":"); ok {
			return value
		}
	}
	return ""
}
