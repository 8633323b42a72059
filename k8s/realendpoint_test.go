package k8s

import (
	"fmt"
	"testing"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// realEndpoints: a real server takes our slices with the rights that the chart grants, and
// refuses what a slice may not hold, which is what the label is for.
func realEndpoints(t *testing.T, r *realCluster) {
	t.Helper()
	r.cluster.endpoints.lead(true)
	defer r.cluster.endpoints.lead(false)
	r.annotate(t, `"door:rd"`)
	live, err := r.cluster.Pods(t.Context(), "mymaster")
	if err != nil {
		t.Fatal(err)
	}
	record, err := r.cluster.Get(t.Context(), "mymaster")
	if err != nil {
		t.Fatal(err)
	}
	record.Phase, record.Master, record.Target = sentinel.Stable, sentinel.Process{Pod: live[1].Name, UID: live[1].UID}, sentinel.Process{}
	if _, err := r.cluster.Put(t.Context(), "mymaster", record); err != nil {
		t.Fatal(err)
	}
	r.await(t, "the label in place of a slice with a loopback address", func(*latest) bool { return r.labelled(t, live[1].Name) })
	for _, ip := range []string{"10.1.2.3", "10.1.2.4", "fd00::5"} {
		status := fmt.Sprintf(`{"status":{"podIP":%q,"podIPs":[{"ip":%q}],"conditions":[{"type":"Ready","status":"True"}]}}`, ip, ip)
		r.patch(t, live[1].Name, status)
		took := r.await(t, "a slice for "+ip, func(*latest) bool {
			slice := r.door(t)
			return slice != nil && len(slice.Endpoints) == 1 && slice.Endpoints[0].Addresses[0] == ip && *slice.Ports[0].Name == "rd"
		})
		t.Logf("the slice for %s came after %s", ip, took)
	}
	r.await(t, "the end of the label", func(*latest) bool { return !r.labelled(t, live[1].Name) })
	r.annotate(t, "null")
	began := time.Now()
	r.await(t, "the end of the slice", func(*latest) bool { return r.door(t) == nil })
	t.Logf("a slice that is not asked for was deleted after %s", time.Since(began))
	r.patch(t, live[1].Name, `{"status":{"podIP":"127.0.1.2","podIPs":[{"ip":"127.0.1.2"}]}}`)
}

func (r *realCluster) annotate(t *testing.T, value string) {
	t.Helper()
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%s}}}`, AnnotationService, value)
	if _, err := r.admin.AppsV1().StatefulSets(testNamespace).
		Patch(t.Context(), "redis", types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}

func (r *realCluster) patch(t *testing.T, pod, status string) {
	t.Helper()
	if _, err := r.admin.CoreV1().Pods(testNamespace).
		Patch(t.Context(), pod, types.MergePatchType, []byte(status), metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}
}

func (r *realCluster) labelled(t *testing.T, pod string) bool {
	t.Helper()
	object, err := r.admin.CoreV1().Pods(testNamespace).Get(t.Context(), pod, metav1.GetOptions{})
	return err == nil && object.Labels[LabelEndpoint] == "master"
}

// door is the slice; nil without one.
func (r *realCluster) door(t *testing.T) *discoveryv1.EndpointSlice {
	t.Helper()
	slice, err := r.admin.DiscoveryV1().EndpointSlices(testNamespace).Get(t.Context(), "door", metav1.GetOptions{})
	if err != nil {
		return nil
	}
	return slice
}
