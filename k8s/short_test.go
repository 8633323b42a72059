package k8s

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/record"
)

// TestLongAnnotationsAreCut: they are refused as before, and neither kept nor repeated.
func TestLongAnnotationsAreCut(t *testing.T) {
	long := strings.Repeat("a", 200_000)
	row := toPodRow(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "redis-0", Annotations: map[string]string{
		AnnotationAnnounce: strings.Repeat("a.", 100_000) + "a:6379", AnnotationPort: long,
	}}})
	if len(row.announce) > mostAddress || len(row.port) > mostAddress {
		t.Errorf("%d and %d bytes are kept", len(row.announce), len(row.port))
	}
	wrong := misannotated("mymaster", []*podRow{row})
	if len(wrong) != 2 {
		t.Fatalf("%d annotations are refused", len(wrong))
	}
	for _, one := range wrong {
		if len(one.text) > mostMessage {
			t.Errorf("told with %d bytes", len(one.text))
		}
	}
	row = toPodRow(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{AnnotationAnnounce: strings.Repeat("a.", 126) + "a:6379"}}})
	if addr, err := parseAnnounce(row.announce); err != nil || len(addr.Host) != 253 {
		t.Errorf("the longest name: %v, %v", addr, err)
	}
}

// TestEventsAreShort: who says it, and how long it is, is not up to us.
func TestEventsAreShort(t *testing.T) {
	recorder := record.NewFakeRecorder(2)
	events := &Events{recorder: recorder}
	events.on(corev1.ObjectReference{}, corev1.EventTypeWarning, "InvalidOption", strings.Repeat("é", 100_000))
	if told := <-recorder.Events; len(told) > mostMessage+len("Warning InvalidOption ") || !strings.HasSuffix(told, "é...") {
		t.Errorf("%d bytes: %.60s", len(told), told)
	}
}
