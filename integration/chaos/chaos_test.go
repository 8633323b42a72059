package chaos

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

const (
	usual      = time.Minute     // without DURATION
	healWithin = 2 * time.Minute // a pod that is replaced, an API server that comes back
	slowly     = 4 * time.Second // more is worth a word
	settled    = time.Second     // for so long all must be well before it counts
)

// TestChaos breaks things for DURATION (of Go, such as 30m), as SEED says. ONLY, a
// list with commas, leaves kinds of faults out whose names begin with none of it. LOGS
// is a folder to put all logs into, also if all went well.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	seed, duration := wanted(t)
	t.Logf("SEED=%d DURATION=%s", seed, duration)
	r := begin(t)
	plan := NewPlan(seed, len(sets), only(t))
	for began := time.Now(); time.Since(began) < duration; {
		if !r.step(plan.Next()) {
			break
		}
	}
	r.end(seed)
}

// begin installs everything and waits until it is under load.
func begin(t *testing.T) *run {
	t.Helper()
	f := install(t)
	cluster.Eventually(t, 3*time.Minute, "everything is up", f.whole)
	r := &run{t: t, f: f, h: NewHistory(), checked: make([][]string, len(sets))}
	r.watchers = startWatchers(t, f, r.h)
	for _, s := range sets {
		r.preload(s)
	}
	r.load = startLoad(t, f, r.h)
	r.flows()
	return r
}

// end ends the load and judges all that was seen.
func (r *run) end(seed uint64) {
	r.load.end()
	if folder := os.Getenv("LOGS"); folder != "" {
		r.keepLogs(folder)
	}
	r.judge(seed)
}

// keepLogs copies what all pods wrote, in the folders of the pods.
func (r *run) keepLogs(folder string) {
	if err := os.CopyFS(folder, os.DirFS(filepath.Join(r.f.Dir, "pods"))); err != nil {
		r.t.Log(err)
	}
}

func only(t *testing.T) []Kind {
	t.Helper()
	wanted := strings.Split(os.Getenv("ONLY"), ",")
	kinds := slices.DeleteFunc(Kinds(networked()), func(k Kind) bool {
		return !slices.ContainsFunc(wanted, func(w string) bool { return strings.HasPrefix(string(k), w) })
	})
	if len(kinds) == 0 {
		t.Fatalf("no fault is one of %q", wanted)
	}
	return kinds
}

func wanted(t *testing.T) (seed uint64, duration time.Duration) {
	t.Helper()
	seed, duration = uint64(time.Now().UnixNano()%1_000_000), usual
	var err error
	if text := os.Getenv("SEED"); text != "" {
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	if text := os.Getenv("DURATION"); text != "" {
		if duration, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	return seed, duration
}

// run is one run.
type run struct {
	t        *testing.T
	f        *fleet
	h        *History
	load     *load
	watchers *watchers
	steps    int
	checked  [][]string // of each set, keys that were there after the last step
}

// preload gives a set its keys and waits until all its replicas have them.
func (r *run) preload(s set) {
	r.t.Helper()
	ctx := r.t.Context()
	cluster.Eventually(r.t, time.Minute, "preloaded keys of "+s.master, func(context.Context) error {
		pod, err := r.f.masterPod(ctx, s.number)
		if err != nil {
			return err
		}
		client := r.f.direct(pod.Status.PodIP + ":6379")
		defer client.Close()
		conn := client.Conn()
		defer conn.Close()
		pipe := conn.Pipeline()
		for _, key := range preloadedKeys() {
			pipe.Set(ctx, key, key, 0)
		}
		if _, err := pipe.Exec(ctx); err != nil {
			return err
		}
		if n, err := conn.Wait(ctx, s.size-1, 500*time.Millisecond).Result(); err != nil || int(n) < s.size-1 {
			return fmt.Errorf("%d replicas have them (%w)", n, err)
		}
		return nil
	})
	r.watchers.expect(s.number, preloaded)
}

// flows waits until every set takes writes.
func (r *run) flows() {
	r.t.Helper()
	cluster.Eventually(r.t, 30*time.Second, "writes of every set", r.flowing(0))
}

func (r *run) flowing(after time.Duration) func(context.Context) error {
	return func(context.Context) error {
		counts := make([]int, len(sets)*writers)
		r.h.Record(func(h *History) {
			for _, a := range slices.Backward(h.Acks) {
				if a.Began < after {
					break
				}
				counts[a.Set*writers+a.Writer]++
			}
		})
		if n := slices.Index(counts, 0); n >= 0 {
			return fmt.Errorf("%s takes no writes of writer %d", sets[n/writers].master, n%writers)
		}
		return nil
	}
}

// step breaks what a step says, has it healed, and looks for what was acknowledged.
func (r *run) step(step Step) (goOn bool) {
	r.steps++
	scene, err := r.f.scene(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	o := Outcome{Number: r.steps, Step: step, Began: r.h.Now(), Sets: scene.expected(step)}
	for set := range sets {
		if o.Sets[set].MayEmpty {
			r.watchers.expect(set, 0)
		}
	}
	died := len(r.f.deathLog.since(0))
	r.strike(scene, step)
	o.Undone = r.h.Now()
	var slow error
	if o.Healed, slow, err = r.heals(); err != nil {
		o.Trouble = err.Error()
	}
	o.Deaths = r.f.deathLog.since(died)
	if leader, err := r.f.leader(r.t.Context()); err == nil {
		o.Succeeded = leader.Name != scene.leader.Name
	}
	for _, s := range sets {
		out := &o.Sets[s.number]
		if o.Trouble == "" {
			out.Acked, out.Lost, err = r.look(s)
		}
		if err == nil && out.MayEmpty {
			out.Back, err = r.cameBack(s)
		}
		if err != nil {
			o.Trouble = err.Error()
		}
		out.Gap = r.h.Gap(s.number, o.Began, r.h.Now())
		if out.MayEmpty && o.Trouble == "" {
			r.preload(s)
		}
	}
	if o.Healed-o.Undone > slowly {
		o.Note = fmt.Sprintf("healed slowly: %v; ", slow)
	}
	o.Note += "before: leader on " + nodeOf(scene.leader)
	for set, pod := range scene.masters {
		o.Note += fmt.Sprintf(", %s on %s", sets[set].master, nodeOf(pod))
	}
	r.h.Record(func(h *History) { o.Starved = h.Starved(o.Began, h.Now()) })
	r.tell(o)
	r.h.Record(func(h *History) { h.Outcomes = append(h.Outcomes, o) })
	return o.Trouble == ""
}

// strike applies all faults of a step and returns when they are undone.
func (r *run) strike(scene *scene, step Step) {
	var wg sync.WaitGroup
	for _, f := range step {
		wg.Go(func() {
			time.Sleep(f.Wait) // of the plan
			ctx, cancel := context.WithTimeout(r.t.Context(), 4*time.Minute)
			defer cancel()
			if err := scene.apply(ctx, f); err != nil {
				r.t.Logf("%s: %v", f, err) // the fault may have come too late for what it aims at
			}
		})
	}
	wg.Wait()
}

// heals waits until everything is as it was and every writer writes, and has been so
// for a while: a fault may be noticed late. It returns since when it is so, and
// what was the last to be well.
func (r *run) heals() (since time.Duration, slow, err error) {
	ctx, cancel := context.WithTimeout(r.t.Context(), healWithin)
	defer cancel()
	var last error
	for good := r.h.Now(); ctx.Err() == nil; rest(ctx, 100*time.Millisecond) {
		err := r.f.whole(ctx)
		if err == nil {
			err = r.flowing(good)(ctx)
		}
		switch {
		case err == nil && r.h.Now()-good > settled:
			return good, last, nil
		case err != nil && ctx.Err() == nil:
			last, good = err, r.h.Now()
		}
	}
	return 0, last, fmt.Errorf("not healed within %s: %w", healWithin, last)
}

// look counts the acknowledged writes that the master has not. What was there after
// the step before must be there still; then it is removed.
func (r *run) look(s set) (acked, lost int, err error) {
	keys, before := r.load.take(s.number), r.checked[s.number]
	ctx := r.t.Context()
	pod, err := r.f.masterPod(ctx, s.number)
	if err != nil {
		return 0, 0, err
	}
	client := r.f.patient(pod.Status.PodIP + ":6379")
	defer client.Close()
	for chunk := range slices.Chunk(slices.Concat(before, keys), 500) {
		n, err := client.Exists(ctx, chunk...).Result()
		if err != nil {
			return 0, 0, err
		}
		lost += len(chunk) - int(n)
	}
	for chunk := range slices.Chunk(before, 500) {
		if err := client.Unlink(ctx, chunk...).Err(); err != nil {
			return 0, 0, err
		}
	}
	// Those that are lost are counted once.
	r.checked[s.number] = nil
	if lost == 0 {
		r.checked[s.number] = keys
	}
	return len(keys) + len(before), lost, nil
}

func (r *run) tell(o Outcome) {
	text := fmt.Sprintf("%8s step %d: %s", ms(o.Began), o.Number, o.Step)
	for _, f := range o.Step {
		text += fmt.Sprintf(" [%s hold %s wait %s]", sets[f.Set].master, f.Hold, f.Wait)
	}
	text += fmt.Sprintf(": undone after %s, healed after %s more", ms(o.Undone-o.Began), ms(o.Healed-o.Undone))
	for _, s := range sets {
		if out := o.Sets[s.number]; out.Concerned || out.Lost > 0 || out.Gap > time.Second {
			text += fmt.Sprintf("; %s: gap %s, lost %d of %d", s.master, ms(out.Gap), out.Lost, out.Acked)
		}
	}
	for _, d := range o.Deaths {
		text += fmt.Sprintf("; the leader died at %s of %s", d.Point, d.Master)
	}
	if o.Trouble != "" {
		text += "; " + o.Trouble
	}
	if o.Starved > starved {
		text += "; this program was not run for " + ms(o.Starved)
	}
	text += "; " + o.Note
	r.t.Log(text)
}

// judge checks the history and tells everything.
func (r *run) judge(seed uint64) {
	r.h.Record(func(h *History) {
		violations := Check(h, len(sets))
		told := map[string]int{}
		for _, v := range violations {
			if told[v.Promise]++; told[v.Promise] <= 4 {
				r.t.Error(Story(h, v))
			}
		}
		r.t.Logf("report\n%s", Report(h, seed, violations))
		if len(violations) > 0 {
			r.t.Errorf("%d promises broken; again with SEED=%d; the logs are in %s", len(violations), seed, r.f.Dir)
		}
	})
}
