package k8s

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/datadriven"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestView runs the stories in testdata: Kubernetes objects in, what the handler
// hears and what is reported out. Directives:
//
//	apply    YAML documents that somebody stores
//	delete   kind/name
//	start    begins to watch; before it, nothing is delivered
func TestView(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { runStory(t, file) })
		})
	}
}

func runStory(t *testing.T, file string) {
	t.Helper()
	api := newFakeAPI(t, everyCall...)
	heard := &transcript{}
	options := testOptions()
	if filepath.Base(file) == "announce.txt" {
		options.AnnounceHostnames, options.AnnounceServices = true, true
	}
	if filepath.Base(file) == "unfit.txt" {
		options.Unfit = func() string { return "certificate tls.crt is not made for clients" }
	}
	options.WatchNodes = filepath.Base(file) == "nodes.txt"
	options.CountProblem = func(kind, master string) { heard.add("count %s %s", kind, master) }
	options.DegradedChanged = func(all []string) { heard.add("degraded %q", all) }
	cluster := newCluster(t, api, options)
	cluster.problems.lead(true)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()

	datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string {
		t.Helper()
		switch d.Cmd {
		case "apply":
			for object := range objects(t, d.Input) {
				api.store(t, object)
				synctest.Wait() // what comes at once may be delivered at once
			}
		case "delete":
			for _, arg := range d.CmdArgs {
				kind, name, _ := strings.Cut(arg.Key, "/")
				api.remove(t, deletable[kind], name)
				synctest.Wait()
			}
		case "start":
			running.Go(func() {
				if err := cluster.Run(ctx, heard); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
			<-cluster.Synced()
		default:
			d.Fatalf(t, "unknown directive %s", d.Cmd)
		}
		synctest.Wait()
		return heard.take() + newEventsOf(t, api)
	})
}

var deletable = map[string]schema.GroupVersionResource{
	"pod":         corev1.SchemeGroupVersion.WithResource("pods"),
	"statefulset": appsv1.SchemeGroupVersion.WithResource("statefulsets"),
	"service":     corev1.SchemeGroupVersion.WithResource("services"),
	"lease":       coordinationv1.SchemeGroupVersion.WithResource("leases"),
}

// objects decodes YAML documents; all are put into the test's namespace.
func objects(t *testing.T, text string) func(yield func(runtime.Object) bool) {
	t.Helper()
	return func(yield func(runtime.Object) bool) {
		for document := range strings.SplitSeq(text, "\n---\n") {
			object, _, err := scheme.Codecs.UniversalDeserializer().Decode([]byte(document), nil, nil)
			if err != nil {
				t.Fatalf("%v in\n%s", err, document)
			}
			accessor, err := meta.Accessor(object)
			if err != nil {
				t.Fatal(err)
			}
			accessor.SetNamespace(testNamespace)
			if !yield(object) {
				return
			}
		}
	}
}

// transcript writes down what it hears.
type transcript struct {
	mu    sync.Mutex
	lines []string
}

func (h *transcript) add(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, fmt.Sprintf(format, args...))
}

// take returns the lines since the last call. Different goroutines speak about
// different things, so the blocks are sorted.
func (h *transcript) take() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	lines := h.lines
	h.lines = nil
	slices.Sort(lines)
	if len(lines) == 0 {
		return "nothing\n"
	}
	return strings.Join(lines, "\n") + "\n"
}

func (h *transcript) SetChanged(set sentinel.Set) {
	c := set.Config
	var text strings.Builder
	fmt.Fprintf(&text, "set %s owner=%q size=%d down-after=%s failover-timeout=%s parallel-syncs=%d quorum=%d on-total-loss=%s",
		set.Master, set.Owner, set.Size, c.DownAfter, c.FailoverTimeout, c.ParallelSyncs, c.Quorum, c.OnTotalLoss)
	if c.MemoryOnly {
		text.WriteString(" memory-only")
	}
	if c.Mode != sentinel.Manage {
		fmt.Fprintf(&text, " mode=%s", c.Mode)
	}
	if set.Rival != "" {
		text.WriteString(" of another service")
	}
	for _, pod := range set.Pods {
		fmt.Fprintf(&text, "\n  %s #%d %s %s node=%s container=%s role=%s", pod.Name, pod.Ordinal, pod.UID, pod.Addr, pod.Node, pod.ContainerID, pod.Role)
		if pod.MemoryLimit > 0 {
			fmt.Fprintf(&text, " limit=%d", pod.MemoryLimit)
		}
		if pod.Zone != "" {
			text.WriteString(" zone=" + pod.Zone)
		}
		if !pod.Announce.IsZero() {
			text.WriteString(" told=" + pod.Announce.String())
		}
		for i, is := range []bool{pod.Ready, pod.Terminating, pod.Disrupted, pod.Cordoned, pod.NodeSilent, pod.Outdated} {
			if is {
				text.WriteString([]string{" ready", " terminating", " disrupted", " cordoned", " node-silent", " outdated"}[i])
			}
		}
	}
	h.add("%s", text.String())
}

func (h *transcript) SetGone(master string) { h.add("gone %s", master) }

func (h *transcript) RecordChanged(master string, r sentinel.Record) {
	h.add("record %s phase=%q epoch=%d seq=%d master=%s", master, r.Phase, r.Epoch, r.Seq, r.Master.Pod)
}

func (h *transcript) PeersChanged(peers []sentinel.Peer) {
	var text strings.Builder
	fmt.Fprintf(&text, "peers %d", len(peers))
	for _, p := range peers {
		fmt.Fprintf(&text, "\n  %s %s ready=%t sdown=%t", p.ID, p.Addr, p.Ready, p.SDown)
		if p.SDown {
			text.WriteString(" since " + p.SDownTime.UTC().Format("15:04:05"))
		}
	}
	h.add("%s", text.String())
}

// newEventsOf takes the Kubernetes Events that were written.
func newEventsOf(t *testing.T, api *fakeAPI) string {
	t.Helper()
	list, err := api.Tracker().List(corev1.SchemeGroupVersion.WithResource("events"), corev1.SchemeGroupVersion.WithKind("Event"), testNamespace)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, event := range list.(*corev1.EventList).Items {
		lines = append(lines, fmt.Sprintf("event %s %s on %s %s %s: %s\n", event.Type, event.Reason,
			event.InvolvedObject.Kind, event.InvolvedObject.Name, event.InvolvedObject.UID, event.Message))
		api.remove(t, corev1.SchemeGroupVersion.WithResource("events"), event.Name)
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}
