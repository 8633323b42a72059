package k8s

import (
	"context"
	"slices"
	"sync"
)

// gather lists pods live for many who ask at once. One who asks alone has a list of its
// own, at once. While gatherMost lists are under way the others wait, and the next list
// is for all of them: a failover of a thousand masters is a dozen calls, not a thousand
// that each make the API server look through all pods of the namespace. Every answer is
// of a list that began after the question.
type gather struct {
	// list returns the pods of these masters by the master's name.
	list func(ctx context.Context, masters []string) (map[string][]*podRow, error)

	mu      sync.Mutex
	running int
	waiting []*question
}

const (
	gatherMost = 4
	// gatherNames bounds one list: their names are in its URL.
	gatherNames = 100
)

type question struct {
	master string
	answer chan answer // has room for it
}

type answer struct {
	pods []*podRow
	err  error
}

func (g *gather) of(ctx context.Context, master string) ([]*podRow, error) {
	q := &question{master: master, answer: make(chan answer, 1)}
	g.mu.Lock()
	g.waiting = append(g.waiting, q)
	g.begin()
	g.mu.Unlock()
	select {
	case a := <-q.answer:
		return a.pods, a.err
	case <-ctx.Done():
		g.giveUp(q)
		return nil, context.Cause(ctx)
	}
}

// giveUp keeps those who wait few while lists hang.
func (g *gather) giveUp(q *question) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = slices.DeleteFunc(g.waiting, func(other *question) bool { return other == q })
}

// begin starts what may start; the lock is held.
func (g *gather) begin() {
	for g.running < gatherMost && len(g.waiting) > 0 {
		n := min(gatherNames, len(g.waiting))
		batch := g.waiting[:n:n]
		g.waiting = g.waiting[n:]
		g.running++
		go g.run(batch)
	}
}

func (g *gather) run(batch []*question) {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	names := make([]string, len(batch))
	for i, q := range batch {
		names[i] = q.master
	}
	pods, err := g.list(ctx, names)
	for _, q := range batch {
		q.answer <- answer{pods[q.master], err}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running--
	g.begin()
}
