package embedded_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/embedded"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

// front serves an API and returns a real clientset that found it by the kubeconfig.
func front(t *testing.T, contentType string) (*embedded.Server, kubernetes.Interface) {
	t.Helper()
	return frontOf(t, embedded.NewAPI(), contentType)
}

func frontOf(t *testing.T, api *embedded.API, contentType string) (*embedded.Server, kubernetes.Interface) {
	t.Helper()
	server := must(api.Serve(t.TempDir()))(t)
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	config := must(clientcmd.BuildConfigFromFlags("", server.Kubeconfig))(t)
	config.QPS = -1
	config.ContentType = contentType
	config.AcceptContentTypes = contentType + "," + runtime.ContentTypeJSON
	return server, must(kubernetes.NewForConfig(config))(t)
}

// inBothFormats runs a test with a client that speaks protobuf and one that speaks JSON.
func inBothFormats(t *testing.T, test func(*testing.T, kubernetes.Interface)) {
	t.Helper()
	for _, format := range []string{runtime.ContentTypeProtobuf, runtime.ContentTypeJSON} {
		t.Run(format, func(t *testing.T) {
			_, client := front(t, format)
			test(t, client)
		})
	}
}

func TestHTTPReadsAndWrites(t *testing.T) {
	inBothFormats(t, func(t *testing.T, client kubernetes.Interface) {
		pods := client.CoreV1().Pods(shop)
		made := must(pods.Create(t.Context(), pod("a", map[string]string{"color": "red"}), metav1.CreateOptions{}))(t)
		must(client.CoreV1().Pods("other").Create(t.Context(), pod("b", map[string]string{"color": "red"}), metav1.CreateOptions{}))(t)
		must(pods.Create(t.Context(), pod("c", map[string]string{"color": "blue"}), metav1.CreateOptions{}))(t)
		got := must(pods.Get(t.Context(), "a", metav1.GetOptions{}))(t)
		if diff := cmp.Diff(made, got); diff != "" || got.UID == "" || got.Spec.NodeName != "node-0" {
			t.Errorf("read %+v; made and read differ:\n%s", got, diff)
		}
		names := func(namespace, selector string) (names []string) {
			list := must(client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: selector}))(t)
			if list.ResourceVersion == "" {
				t.Error("a list without a version")
			}
			for _, p := range list.Items {
				names = append(names, p.Name)
			}
			return names
		}
		want := [][]string{{"a", "c"}, {"a"}, {"b", "a"}}
		if diff := cmp.Diff(want, [][]string{names(shop, ""), names(shop, "color=red"), names("", "color in (red)")}); diff != "" {
			t.Errorf("lists (-want +got):\n%s", diff)
		}
		if node := must(client.CoreV1().Nodes().Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}}, metav1.CreateOptions{}))(t); node.Namespace != "" {
			t.Errorf("a node in namespace %s", node.Namespace)
		}
		got.Labels["color"], got.Status.PodIP = "green", "10.0.0.1"
		changed := must(pods.Update(t.Context(), got, metav1.UpdateOptions{}))(t)
		status := must(pods.UpdateStatus(t.Context(), func() *corev1.Pod { p := changed.DeepCopy(); p.Status.PodIP = "10.0.0.2"; return p }(), metav1.UpdateOptions{}))(t)
		if changed.Labels["color"] != "green" || changed.Status.PodIP != "" || status.Status.PodIP != "10.0.0.2" {
			t.Errorf("updated: color %q, IP %q, then IP %q", changed.Labels["color"], changed.Status.PodIP, status.Status.PodIP)
		}
		grace := metav1.DeleteOptions{GracePeriodSeconds: new(int64(7)), Preconditions: metav1.NewUIDPreconditions(string(made.UID))}
		if err := pods.Delete(t.Context(), "a", grace); err != nil {
			t.Fatal(err)
		}
		if ending := must(pods.Get(t.Context(), "a", metav1.GetOptions{}))(t); ending.DeletionGracePeriodSeconds == nil || *ending.DeletionGracePeriodSeconds != 7 {
			t.Errorf("deleted with 7 s of grace: %v", ending.DeletionGracePeriodSeconds)
		}
	})
}

func TestHTTPPatches(t *testing.T) {
	inBothFormats(t, func(t *testing.T, client kubernetes.Interface) {
		pods := client.CoreV1().Pods(shop)
		must(pods.Create(t.Context(), pod("a", map[string]string{"drop": "1"}), metav1.CreateOptions{}))(t)
		merged := must(pods.Patch(t.Context(), "a", types.MergePatchType, []byte(`{"metadata":{"labels":{"drop":null,"new":"1"}}}`), metav1.PatchOptions{}))(t)
		if diff := cmp.Diff(map[string]string{"new": "1"}, merged.Labels); diff != "" {
			t.Errorf("labels (-want +got):\n%s", diff)
		}
		patch := []byte(`{"metadata":{"labels":{"x":"1"}},"status":{"podIP":"10.0.0.1"}}`)
		status := must(pods.Patch(t.Context(), "a", types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status"))(t)
		if status.Status.PodIP != "10.0.0.1" || status.Labels["x"] != "" {
			t.Errorf("a patch of the status: IP %q, label %q; want it and none", status.Status.PodIP, status.Labels["x"])
		}
		_, err := pods.Patch(t.Context(), "a", types.JSONPatchType, []byte(`[]`), metav1.PatchOptions{})
		if !apierrors.IsUnsupportedMediaType(err) {
			t.Errorf("JSON patch: %v, want UnsupportedMediaType", err)
		}
	})
}

// TestHTTPRefuses: client-go must recognize each refusal by its reason.
func TestHTTPRefuses(t *testing.T) {
	inBothFormats(t, func(t *testing.T, client kubernetes.Interface) {
		pods, leases := client.CoreV1().Pods(shop), client.CoordinationV1().Leases(shop)
		a := must(pods.Create(t.Context(), pod("a", nil), metav1.CreateOptions{}))(t)
		lease := must(leases.Create(t.Context(), &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: "l"}}, metav1.CreateOptions{}))(t)
		lease.Spec.HolderIdentity = new("me")
		must(leases.Update(t.Context(), lease, metav1.UpdateOptions{}))(t)
		lease.Spec.HolderIdentity = new("they")
		_, stale := leases.Update(t.Context(), lease, metav1.UpdateOptions{})
		_, twice := pods.Create(t.Context(), pod("a", nil), metav1.CreateOptions{})
		_, none := pods.Get(t.Context(), "none", metav1.GetOptions{})
		_, nameless := pods.Create(t.Context(), &corev1.Pod{}, metav1.CreateOptions{})
		_, kind := client.AppsV1().Deployments(shop).List(t.Context(), metav1.ListOptions{})
		_, byField := pods.List(t.Context(), metav1.ListOptions{FieldSelector: "spec.nodeName=node-0"})
		_, selector := pods.Watch(t.Context(), metav1.ListOptions{LabelSelector: "color in"})
		_, dry := pods.Create(t.Context(), pod("b", nil), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		_, elsewhere := client.CoreV1().Pods("other").UpdateStatus(t.Context(), a, metav1.UpdateOptions{})
		_, discovery := client.Discovery().ServerVersion()
		_, subresource := pods.Patch(t.Context(), "a", types.MergePatchType, []byte(`{}`), metav1.PatchOptions{}, "scale")
		collection := pods.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{})
		uid := pods.Delete(t.Context(), "a", metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions("another")})
		for name, c := range map[string]struct {
			err error
			is  func(error) bool
		}{
			"update of an old version": {stale, apierrors.IsConflict}, "created twice": {twice, apierrors.IsAlreadyExists},
			"not there": {none, apierrors.IsNotFound}, "no name": {nameless, apierrors.IsInvalid},
			"unknown kind": {kind, apierrors.IsNotFound}, "discovery": {discovery, apierrors.IsNotFound},
			"field selector": {byField, apierrors.IsBadRequest}, "broken selector": {selector, apierrors.IsBadRequest},
			"dry run": {dry, apierrors.IsBadRequest}, "another namespace": {elsewhere, apierrors.IsBadRequest},
			"subresource": {subresource, apierrors.IsMethodNotSupported}, "collection": {collection, apierrors.IsMethodNotSupported},
			"another UID": {uid, apierrors.IsConflict},
		} {
			if !c.is(c.err) {
				t.Errorf("%s: %v (%s)", name, c.err, apierrors.ReasonForError(c.err))
			}
		}
	})
}

func TestHTTPWatch(t *testing.T) {
	inBothFormats(t, func(t *testing.T, client kubernetes.Interface) {
		pods := client.CoreV1().Pods(shop)
		red := metav1.ListOptions{LabelSelector: "color=red"}
		must(pods.Create(t.Context(), pod("before", map[string]string{"color": "red"}), metav1.CreateOptions{}))(t)
		list := must(pods.List(t.Context(), red))(t)
		all := must(pods.Watch(t.Context(), red))(t)
		defer all.Stop()
		red.ResourceVersion = list.ResourceVersion
		since := must(pods.Watch(t.Context(), red))(t)
		defer since.Stop()
		must(pods.Create(t.Context(), pod("new", map[string]string{"color": "red"}), metav1.CreateOptions{}))(t)
		must(pods.Create(t.Context(), pod("blue", map[string]string{"color": "blue"}), metav1.CreateOptions{}))(t)
		must(pods.Patch(t.Context(), "new", types.MergePatchType, []byte(`{"metadata":{"labels":{"color":"blue"}}}`), metav1.PatchOptions{}))(t)
		want := []string{"ADDED new", "DELETED new"}
		for _, c := range []struct {
			w    watch.Interface
			want []string
		}{{all, append([]string{"ADDED before"}, want...)}, {since, want}} {
			for _, want := range c.want {
				if got := next(t, c.w); got != want {
					t.Errorf("event %q, want %q", got, want)
				}
			}
		}
	})
}

// TestHTTPWatchEnds: with the time that was asked for, in an orderly manner, and
// with a bookmark for those who read it.
func TestHTTPWatchEnds(t *testing.T) {
	_, client := front(t, runtime.ContentTypeProtobuf)
	for _, bookmarks := range []bool{false, true} {
		node := must(client.CoreV1().Nodes().Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{GenerateName: "n-"}}, metav1.CreateOptions{}))(t)
		w := must(client.CoreV1().Pods(shop).Watch(t.Context(), metav1.ListOptions{TimeoutSeconds: new(int64(1)), AllowWatchBookmarks: bookmarks}))(t)
		var got []string
		for event := range within(t, w) {
			got = append(got, fmt.Sprint(event.Type, " ", event.Object.(metav1.Object).GetResourceVersion()))
		}
		var want []string
		if bookmarks {
			want = []string{"BOOKMARK " + node.ResourceVersion}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("bookmarks %t: events (-want +got):\n%s", bookmarks, diff)
		}
	}
}

// within are a watch's events until it ends, which must not take for ever.
func within(t *testing.T, w watch.Interface) <-chan watch.Event {
	t.Helper()
	timer := time.AfterFunc(20*time.Second, func() {
		t.Error("the watch did not end")
		w.Stop()
	})
	t.Cleanup(func() { timer.Stop() })
	return w.ResultChan()
}

// TestHTTPStreamsLists: what client-go's reflector asks for first, and is refused
// by older servers with the error that makes it list.
func TestHTTPStreamsLists(t *testing.T) {
	options := metav1.ListOptions{
		SendInitialEvents: new(true), AllowWatchBookmarks: true,
		ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan, LabelSelector: "color=red",
	}
	for _, refuses := range []bool{false, true} {
		api := embedded.NewAPI()
		api.NoWatchList = refuses
		_, client := frontOf(t, api, runtime.ContentTypeProtobuf)
		pods := client.CoreV1().Pods(shop)
		must(pods.Create(t.Context(), pod("a", map[string]string{"color": "red"}), metav1.CreateOptions{}))(t)
		last := must(pods.Create(t.Context(), pod("b", nil), metav1.CreateOptions{}))(t)
		w, err := pods.Watch(t.Context(), options)
		if refuses {
			if !apierrors.IsInvalid(err) {
				t.Errorf("without WatchList: %v, want Invalid", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		defer w.Stop()
		if got := next(t, w); got != "ADDED a" {
			t.Errorf("first event %q, want ADDED a", got)
		}
		mark := <-w.ResultChan()
		about := mark.Object.(*corev1.Pod)
		if mark.Type != watch.Bookmark || about.Annotations[metav1.InitialEventsAnnotationKey] != "true" || about.ResourceVersion != last.ResourceVersion {
			t.Errorf("%s %v at version %s, want a bookmark at %s that ends the list", mark.Type, about.Annotations, about.ResourceVersion, last.ResourceVersion)
		}
		must(pods.Create(t.Context(), pod("c", map[string]string{"color": "red"}), metav1.CreateOptions{}))(t)
		if got := next(t, w); got != "ADDED c" {
			t.Errorf("after the list %q, want ADDED c", got)
		}
	}
}

// TestHTTPSpeaksAsAsked: protobuf only to those who accept it.
func TestHTTPSpeaksAsAsked(t *testing.T) {
	server, client := front(t, runtime.ContentTypeProtobuf)
	must(client.CoreV1().Pods(shop).Create(t.Context(), pod("a", nil), metav1.CreateOptions{}))(t)
	for accept, want := range map[string]string{
		"":    "application/json",
		"*/*": "application/json",
		"application/vnd.kubernetes.protobuf,application/json":                        "application/vnd.kubernetes.protobuf",
		"application/json;as=Table;v=v1;g=meta.k8s.io,application/json":               "application/json",
		"application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io, text/nonsense": "",
	} {
		response, body, err := get(t, server, accept)
		if err != nil {
			t.Fatal(err)
		}
		switch got := response.Header.Get("Content-Type"); {
		case want == "" && response.StatusCode != http.StatusNotAcceptable:
			t.Errorf("Accept %q: %s, want 406", accept, response.Status)
		case want != "" && got != want:
			t.Errorf("Accept %q: %s, want %s", accept, got, want)
		}
		var list struct{ Kind, APIVersion string }
		if want == "application/json" && (json.Unmarshal(body, &list) != nil || list.Kind != "PodList" || list.APIVersion != "v1") {
			t.Errorf("Accept %q: %s", accept, body)
		}
		if want == "application/vnd.kubernetes.protobuf" && !strings.HasPrefix(string(body), "k8s\x00") {
			t.Errorf("Accept %q: %q", accept, body)
		}
	}
}

// get lists all pods.
func get(t *testing.T, server *embedded.Server, accept string) (*http.Response, []byte, error) {
	t.Helper()
	request := must(http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v1/pods", nil))(t)
	request.Header.Set("Accept", accept)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response, body, err
}

// TestInformerSurvivesTheServer: client-go's reflector misses nothing over cut
// connections, an outage, and a version that was forgotten meanwhile; whether lists
// are streamed or not.
func TestInformerSurvivesTheServer(t *testing.T) {
	for name, noWatchList := range map[string]bool{"streams": false, "lists": true} {
		t.Run(name, func(t *testing.T) {
			api := embedded.NewAPI()
			api.NoWatchList = noWatchList
			informerSurvives(t, api)
		})
	}
}

func informerSurvives(t *testing.T, api *embedded.API) {
	server, client := frontOf(t, api, runtime.ContentTypeProtobuf)
	inside := api.Client().CoreV1().Pods(shop)
	create := func(name string) string {
		return must(inside.Create(t.Context(), pod(name, nil), metav1.CreateOptions{}))(t).ResourceVersion
	}
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(shop))
	lister := factory.Core().V1().Pods().Lister()
	informer := factory.Core().V1().Pods().Informer()
	factory.Start(t.Context().Done())
	t.Cleanup(factory.Shutdown)
	sees := func(want int) {
		t.Helper()
		redis.Eventually(t, 30*time.Second, fmt.Sprint(want, " pods in the informer"), func() bool {
			return len(must(lister.List(labels.Everything()))(t)) == want
		})
	}
	old := create("a")
	sees(1)
	if !cache.WaitForCacheSync(t.Context().Done(), informer.HasSynced) {
		t.Error("never synced")
	}
	create("b")
	sees(2)
	cut := must(client.CoreV1().Pods(shop).Watch(t.Context(), metav1.ListOptions{ResourceVersion: create("e")}))(t)
	server.Disconnect()
	for event := range within(t, cut) {
		t.Errorf("%s after the connection was cut", event.Type)
	}
	create("c")
	sees(4)
	server.Refuse()
	if response, _, err := get(t, server, ""); err == nil { // client-go would try again for 10 s
		t.Errorf("a server that refuses connections has answered: %s", response.Status)
	}
	for i := range 2001 { // more than the server remembers
		patch := fmt.Appendf(nil, `{"metadata":{"annotations":{"n":"%d"}}}`, i)
		must(inside.Patch(t.Context(), "a", types.MergePatchType, patch, metav1.PatchOptions{}))(t)
	}
	create("d")
	server.Admit()
	sees(5)
	_, err := client.CoreV1().Pods(shop).Watch(t.Context(), metav1.ListOptions{ResourceVersion: old})
	if !apierrors.IsResourceExpired(err) {
		t.Errorf("watch from a forgotten version: %v, want Expired", err)
	}
}
