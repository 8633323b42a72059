package k8s

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// lists is an API server whose lists end when the test lets them.
type lists struct {
	mu     sync.Mutex
	begun  [][]string
	let    chan error
	inside int
	most   int
}

func (l *lists) list(_ context.Context, masters []string) (map[string][]*podRow, error) {
	l.mu.Lock()
	l.begun = append(l.begun, masters)
	l.inside++
	l.most = max(l.most, l.inside)
	l.mu.Unlock()
	err := <-l.let
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inside--
	pods := map[string][]*podRow{}
	for _, master := range masters {
		pods[master] = []*podRow{{master: master}}
	}
	return pods, err
}

// ask asks for masters at once and tells how many got the right answer.
func ask(t *testing.T, g *gather, masters ...string) (right func() int) {
	t.Helper()
	var mu sync.Mutex
	n := 0
	for _, master := range masters {
		go func() {
			pods, err := g.of(context.Background(), master)
			if err == nil && (len(pods) != 1 || pods[0].master != master) {
				t.Errorf("%s got %v", master, pods)
			}
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				n++
			}
		}()
		synctest.Wait()
	}
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}

func TestOneWhoAsksAloneIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lists{let: make(chan error)}
		g := &gather{list: l.list}
		right := ask(t, g, "a", "b", "c")
		if want := [][]string{{"a"}, {"b"}, {"c"}}; !slices.EqualFunc(l.begun, want, slices.Equal) {
			t.Errorf("lists of %q, want %q", l.begun, want)
		}
		for range 3 {
			l.let <- nil
		}
		synctest.Wait()
		if right() != 3 {
			t.Errorf("%d of 3 were answered", right())
		}
	})
}

// TestManyShareLists: who asks while lists are under way is never given one of these.
func TestManyShareLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const masters = gatherMost + 2*gatherNames + 1
		l := &lists{let: make(chan error)}
		g := &gather{list: l.list}
		var names []string
		for n := range masters {
			names = append(names, fmt.Sprint("m", n))
		}
		right := ask(t, g, names...)
		lists := gatherMost + 3
		for range lists {
			l.let <- nil
			synctest.Wait()
		}
		if right() != masters || len(l.begun) != lists || l.most != gatherMost {
			t.Errorf("%d of %d were answered, with %d lists, at most %d at once", right(), masters, len(l.begun), l.most)
		}
		for _, batch := range l.begun[:gatherMost] {
			if len(batch) != 1 {
				t.Errorf("one who came first shared a list: %q", batch)
			}
		}
	})
}

// TestAFailedListFailsItsOwn and nobody who asks afterwards.
func TestAFailedListFailsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lists{let: make(chan error)}
		g := &gather{list: l.list}
		right := ask(t, g, "a", "b")
		l.let <- errors.New("forbidden")
		l.let <- nil
		synctest.Wait()
		if right() != 1 {
			t.Errorf("%d of 2 were answered", right())
		}
	})
}

// TestPatienceEnds: who waits for a list that hangs waits no longer than it wants to.
func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lists{let: make(chan error)}
		g := &gather{list: l.list}
		for range gatherMost + 1 { // the last one finds no room for a list
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := g.of(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		}
		if len(g.waiting) > 0 {
			t.Error("who has given up still waits")
		}
		for range gatherMost {
			l.let <- nil
		}
		synctest.Wait()
	})
}
