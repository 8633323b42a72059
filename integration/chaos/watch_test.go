package chaos

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

const (
	askEvery    = 100 * time.Millisecond
	sampleEvery = 500 * time.Millisecond
	sizeEvery   = 5 * time.Second
)

// watchers are all who look on.
type watchers struct {
	f  *fleet
	h  *History
	wg sync.WaitGroup

	mu      sync.Mutex
	started map[string]context.CancelFunc // by pod UID
	want    []int                         // preloaded keys of each set
}

func startWatchers(t *testing.T, f *fleet, h *History) *watchers {
	ctx, cancel := context.WithCancel(context.Background())
	w := &watchers{f: f, h: h, started: map[string]context.CancelFunc{}, want: make([]int, len(sets))}
	t.Cleanup(func() { cancel(); w.wg.Wait() })
	w.wg.Go(func() { w.clock(ctx) })
	w.wg.Go(func() { w.records(ctx) })
	w.wg.Go(func() { w.writes(ctx) })
	w.wg.Go(func() { w.each(ctx) })
	return w
}

// clock finds the times in which this program was not run.
func (w *watchers) clock(ctx context.Context) {
	last := w.h.Now()
	for ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond) // what is measured
		now := w.h.Now()
		if long := now - last; long > 60*time.Millisecond {
			w.h.Record(func(h *History) { h.Hiccups = append(h.Hiccups, Hiccup{now, long}) })
		}
		last = now
	}
}

// each keeps a set of goroutines for every pod that is there.
func (w *watchers) each(ctx context.Context) {
	for ctx.Err() == nil {
		_ = w.f.refresh(ctx) // in vain while the API server is away
		there := map[string]bool{}
		begin := func(pod corev1.Pod, do ...func(context.Context)) {
			uid := string(pod.UID)
			there[uid] = true
			if pod.Status.PodIP == "" || w.started[uid] != nil {
				return
			}
			its, cancel := context.WithCancel(ctx)
			w.started[uid] = cancel
			for _, do := range do {
				w.wg.Go(func() { do(its) })
			}
		}
		for _, pod := range w.f.servicePods() {
			addr := pod.Status.PodIP
			begin(pod, func(ctx context.Context) { w.ask(ctx, pod.Name, addr) },
				func(ctx context.Context) { w.listen(ctx, pod.Name, addr) },
				func(ctx context.Context) { w.size(ctx, pod.Name, addr) })
		}
		for _, s := range sets {
			for _, pod := range w.f.pods(s.number) {
				begin(pod, func(ctx context.Context) { w.sample(ctx, s.number, pod.Status.PodIP) })
			}
		}
		for uid, cancel := range w.started {
			if !there[uid] {
				cancel()
				delete(w.started, uid)
			}
		}
		rest(ctx, 300*time.Millisecond)
	}
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// ask asks one service pod about all sets, over and over.
func (w *watchers) ask(ctx context.Context, name, host string) {
	client := w.f.direct(host + ":26379")
	defer client.Close()
	for ; ctx.Err() == nil; rest(ctx, askEvery) {
		rows, err := client.Do(ctx, "SENTINEL", "MASTERS").Slice()
		if err != nil {
			continue
		}
		at := w.h.Now()
		for _, row := range rows {
			m := pairs(row)
			epoch, _ := strconv.ParseUint(m["config-epoch"], 10, 64)
			answer := Answer{Replica: name, Set: setOf(m["name"]), Addr: m["ip"] + ":" + m["port"], Epoch: epoch, At: at}
			w.h.Record(func(h *History) { h.Answers = append(h.Answers, answer) })
		}
	}
}

// pairs reads a flat list of names and values.
func pairs(row any) map[string]string {
	m := map[string]string{}
	list, _ := row.([]any)
	for i := 0; i+1 < len(list); i += 2 {
		name, _ := list[i].(string)
		m[name], _ = list[i+1].(string)
	}
	return m
}

// listen hears +switch-master at one service pod and asks it at once.
func (w *watchers) listen(ctx context.Context, name, host string) {
	client := w.f.direct(host + ":26379")
	defer client.Close()
	for ; ctx.Err() == nil; rest(ctx, askEvery) {
		sub := client.Subscribe(ctx, "+switch-master")
		for ctx.Err() == nil {
			message, err := sub.ReceiveTimeout(ctx, time.Second)
			if m, ok := message.(*redis.Message); ok {
				w.heard(ctx, name, client, strings.Fields(m.Payload))
			} else if err != nil && !strings.Contains(err.Error(), "timeout") {
				break
			}
		}
		_ = sub.Close()
	}
}

func (w *watchers) heard(ctx context.Context, name string, client *redis.Client, words []string) {
	if len(words) != 5 {
		return
	}
	told, err := client.Do(ctx, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", words[0]).StringSlice()
	if err != nil {
		return // it was just killed
	}
	news := News{
		Replica: name, Set: setOf(words[0]), Old: words[1] + ":" + words[2], New: words[3] + ":" + words[4],
		Told: strings.Join(told, ":"), At: w.h.Now(),
	}
	w.h.Record(func(h *History) { h.News = append(h.News, news) })
}

// size reads the metrics of one service pod. A restarted process is another one.
func (w *watchers) size(ctx context.Context, name, host string) {
	client := http.Client{Timeout: time.Second}
	for ; ctx.Err() == nil; rest(ctx, sizeEvery) {
		response, err := client.Get("http://" + host + ":9121/metrics")
		if err != nil {
			continue
		}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			continue
		}
		size := Size{
			Replica:    name + " started " + metric(string(text), "process_start_time_seconds"),
			Goroutines: number(metric(string(text), "go_goroutines")), Files: number(metric(string(text), "process_open_fds")),
			At: w.h.Now(),
		}
		w.h.Record(func(h *History) { h.Sizes = append(h.Sizes, size) })
	}
}

func metric(text, name string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func number(text string) int {
	n, _ := strconv.ParseFloat(text, 64)
	return int(n)
}

// sample counts the preloaded keys of one Redis, in one transaction with its role.
func (w *watchers) sample(ctx context.Context, set int, host string) {
	client := w.f.direct(host + ":6379")
	defer client.Close()
	keys := preloadedKeys()
	for ; ctx.Err() == nil; rest(ctx, sampleEvery) {
		w.mu.Lock()
		want := w.want[set]
		w.mu.Unlock()
		var server, replication *redis.StringCmd
		var has *redis.IntCmd
		_, err := client.TxPipelined(ctx, func(p redis.Pipeliner) error {
			server, replication = p.Info(ctx, "server"), p.Info(ctx, "replication")
			has = p.Exists(ctx, keys...)
			return nil
		})
		role := role(replication.Val())
		if err != nil || role == "" || want == 0 {
			continue
		}
		sample := Sample{Set: set, Process: field(server.Val(), "run_id"), Role: role, Has: int(has.Val()), Want: want, At: w.h.Now()}
		w.h.Record(func(h *History) { h.Samples = append(h.Samples, sample) })
	}
}

func role(info string) string {
	switch {
	case field(info, "role") == "master":
		return "master"
	case field(info, "master_link_status") == "up":
		return "replica"
	}
	return ""
}

// expect tells how many preloaded keys a set has from now on.
func (w *watchers) expect(set, keys int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.want[set] = keys
}

// records follows the records' Leases. What was missed while the API server was away
// is told afterwards, one change after the other.
func (w *watchers) records(ctx context.Context) {
	leases := w.f.Client.CoordinationV1().Leases(namespace)
	version := ""
	for ; ctx.Err() == nil; rest(ctx, askEvery) {
		if version == "" {
			list, err := leases.List(ctx, metav1.ListOptions{})
			if err != nil {
				continue
			}
			for i := range list.Items {
				w.committed(&list.Items[i])
			}
			version = list.ResourceVersion
		}
		watcher, err := leases.Watch(ctx, metav1.ListOptions{ResourceVersion: version, AllowWatchBookmarks: true})
		if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
			version = ""
		}
		if err != nil {
			continue
		}
		for event := range watcher.ResultChan() {
			lease, ok := event.Object.(*coordinationv1.Lease)
			if !ok {
				version = "" // an error, told as an event
				break
			}
			if version = lease.ResourceVersion; event.Type != watch.Bookmark {
				w.committed(lease)
			}
		}
		watcher.Stop()
	}
}

// committed takes a state of a record, at the time that its writer gave it.
func (w *watchers) committed(lease *coordinationv1.Lease) {
	type process struct {
		RunID string `json:"runID"`
	}
	var record struct {
		Phase          string
		Master, Target process
		Since          time.Time
	}
	text, found := lease.Annotations["redis-sentinel-k8s/record"]
	if !found || json.Unmarshal([]byte(text), &record) != nil {
		return
	}
	commit := Commit{
		Set: setOf(lease.Annotations["redis-sentinel-k8s/master-name"]), Phase: record.Phase,
		Master: record.Master.RunID, Target: record.Target.RunID, At: w.h.At(record.Since),
	}
	if lease.Spec.LeaseTransitions != nil {
		commit.Epoch = uint64(*lease.Spec.LeaseTransitions)
	}
	w.h.Record(func(h *History) { h.Commits = append(h.Commits, commit) })
}
