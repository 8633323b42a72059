package k8s

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// laterRecord is one of a later version, which knows a field more at each level.
const laterRecord = `{
 "format": 3, "seq": 7, "term": 4, "phase": "Promoting", "fence": 1, "reason": "process gone",
 "more": {"deep": [1, 9007199254740993]},
 "master": {"pod": "redis-0", "uid": "u0", "runID": "r0", "addr": {"host": "10.0.0.1", "port": 6379, "more": "a0"}, "more": "m0"},
 "target": {"pod": "redis-1", "uid": "u1", "runID": "r1", "addr": {"host": "10.0.0.2", "port": 6379, "more": "a1"}, "more": "m1"},
 "lineage": {"replid": "id", "offset": 12, "more": "of 12"},
 "decision": {"chosen": "redis-1", "rule": "offset", "more": "d", "candidates": [
  {"pod": "redis-1", "offset": 7, "priority": 100, "more": "c1"}, {"pod": "redis-2", "offset": 6, "priority": 100, "more": "c2"}]},
 "refusal": {"reason": "R", "message": "m", "more": "r"},
 "requested": {"by": "somebody", "more": "q"},
 "overrides": {"quorum": "2", "an-option-of-later": "x"},
 "lastSet": [{"option": "quorum", "value": "2", "more": "s"}]
}`

func storedLease(name, annotation, text string) *coordinationv1.Lease {
	return &coordinationv1.Lease{
		TypeMeta: metav1.TypeMeta{APIVersion: "coordination.k8s.io/v1", Kind: "Lease"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: testNamespace, Name: name,
			Labels:      map[string]string{AnnotationRecord: recordLabel("dev-")},
			Annotations: map[string]string{annotation: text, LabelMaster: "mymaster"},
		},
	}
}

// stored is what is in an annotation of a Lease now.
func (f *fakeAPI) stored(t *testing.T, name, annotation string) map[string]any {
	t.Helper()
	object, err := f.Tracker().Get(coordinationv1.SchemeGroupVersion.WithResource("leases"), testNamespace, name)
	if err != nil {
		t.Fatal(err)
	}
	return tree(t, object.(*coordinationv1.Lease).Annotations[annotation])
}

func tree(t *testing.T, text string) (all map[string]any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

// at follows keys and indexes into a tree: "decision candidates 0 more".
func at(value any, path string) any {
	for word := range strings.FieldsSeq(path) {
		switch v := value.(type) {
		case map[string]any:
			value = v[word]
		case []any:
			n := 0
			if _, err := fmt.Sscan(word, &n); err != nil || n >= len(v) {
				return nil
			}
			value = v[n]
		default:
			return nil
		}
	}
	return value
}

func laterRecords(t *testing.T, text string) (*fakeAPI, *Records, sentinel.Record) {
	t.Helper()
	api := newFakeAPI(t, "get leases", "update leases")
	api.store(t, storedLease("dev-mymaster", AnnotationRecord, text))
	records := newCluster(t, api, testOptions()).Records
	record, err := records.Get(t.Context(), "mymaster")
	if err != nil {
		t.Fatal(err)
	}
	return api, records, record
}

// TestSetKeepsWhatItDoesNotKnow: a SENTINEL SET at an older replica of the service leaves
// all that a newer one wrote, however often it writes.
func TestSetKeepsWhatItDoesNotKnow(t *testing.T) {
	api, records, record := laterRecords(t, laterRecord)
	for _, quorum := range []string{"3", "4"} {
		record.Set([]sentinel.Setting{{Option: "quorum", Value: quorum}})
		written, err := records.Put(t.Context(), "mymaster", record)
		if err != nil {
			t.Fatal(err)
		}
		record = written
	}
	want := tree(t, laterRecord)
	want["seq"], want["sets"], want["format"] = json.Number("9"), json.Number("2"), json.Number(fmt.Sprint(sentinel.Format))
	want["overrides"].(map[string]any)["quorum"] = "4"
	want["lastSet"] = []any{map[string]any{"option": "quorum", "value": "4"}} // another one than "more" was about
	if diff := cmp.Diff(want, api.stored(t, "dev-mymaster", AnnotationRecord)); diff != "" {
		t.Error(diff)
	}
	read, err := records.Get(t.Context(), "mymaster")
	if diff := cmp.Diff(record, read); err != nil || diff != "" {
		t.Errorf("read is not what was written: %v\n%s", err, diff)
	}
}

// TestCommitKeepsWhatItDoesNotKnow: an older leader carries on what a newer one began.
// What is not known goes with the value that it belongs to, and ends with it.
func TestCommitKeepsWhatItDoesNotKnow(t *testing.T) {
	api, records, next := laterRecords(t, laterRecord)
	next.Phase, next.Epoch = sentinel.Stable, 2
	next.Former, next.Master, next.Target = next.Master, next.Target, sentinel.Process{}
	next.Lineage.Offset, next.Refusal, next.Requested = 20, nil, nil
	if _, err := records.Put(t.Context(), "mymaster", next); err != nil {
		t.Fatal(err)
	}
	got := api.stored(t, "dev-mymaster", AnnotationRecord)
	for path, want := range map[string]any{
		"more deep 1": json.Number("9007199254740993"), "master more": "m1", "master addr more": "a1", "former more": "m0",
		"former addr more": "a0", "decision more": "d", "decision candidates 0 more": "c1", "decision candidates 1 more": "c2",
		"lineage more": nil, "target": nil, "refusal": nil, "requested": nil, "overrides an-option-of-later": "x",
	} {
		if diff := cmp.Diff(want, at(got, path)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

// TestKnownRecordIsStoredPlainly: the text as it was read costs memory only where it is needed.
func TestKnownRecordIsStoredPlainly(t *testing.T) {
	api := newFakeAPI(t, "create leases", "get leases")
	records := newCluster(t, api, testOptions()).Records
	if written, err := records.Put(t.Context(), "mymaster", fullRecord()); err != nil || written.Text != "" {
		t.Errorf("written: %q, %v", written.Text, err)
	}
	if read, err := records.Get(t.Context(), "mymaster"); err != nil || read.Text != "" || read.Format != sentinel.Format {
		t.Errorf("read: format %d, %q, %v", read.Format, read.Text, err)
	}
}

// TestTooNewIsNotWritten: answered by, and left alone.
func TestTooNewIsNotWritten(t *testing.T) {
	for what, text := range map[string]string{
		"needs more":     fmt.Sprintf(`{"needs": %d, "phase": "Stable", "master": {"pod": "redis-0", "uid": "u0"}}`, sentinel.Format+1),
		"another phase":  `{"phase": "Draining", "master": {"pod": "redis-0", "uid": "u0"}}`,
		"and settings":   fmt.Sprintf(`{"needs": %d, "values": {"loglevel": "debug"}}`, sentinel.Format+1),
		"needs just us":  fmt.Sprintf(`{"needs": %d, "format": 99, "phase": "Stable"}`, sentinel.Format),
		"old, no number": `{"phase": "Stable"}`,
	} {
		tooNew := strings.Contains(what, "more") || strings.Contains(what, "another") || strings.Contains(what, "and")
		api := newFakeAPI(t, "get leases", "update leases")
		records := newCluster(t, api, testOptions()).Records
		var err error
		if what == "and settings" {
			api.store(t, storedLease("dev-sentinel-config", AnnotationSettings, text))
			read, e := records.GetSettings(t.Context())
			if e != nil || read.Value("loglevel") != "debug" {
				t.Errorf("%s: read %+v, %v", what, read, e)
			}
			_, err = records.PutSettings(t.Context(), read.With([]sentinel.Setting{{Option: "loglevel", Value: "nothing"}}))
		} else {
			api.store(t, storedLease("dev-mymaster", AnnotationRecord, text))
			read, e := records.Get(t.Context(), "mymaster")
			if e != nil || tooNew && read.Master.Pod != "redis-0" {
				t.Errorf("%s: read %+v, %v", what, read, e)
			}
			read.Set([]sentinel.Setting{{Option: "quorum", Value: "3"}})
			_, err = records.Put(t.Context(), "mymaster", read)
		}
		if errors.Is(err, sentinel.ErrTooNew) != tooNew || !tooNew && err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if writes := slices.Contains(api.made(), "update leases"); writes == tooNew {
			t.Errorf("%s: calls %q", what, api.made())
		}
	}
}

// TestTooNewIsTold: as a problem of the Lease, and clients are answered by it.
func TestTooNewIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(t, everyCall...)
		options := testOptions()
		var told []string
		options.CountProblem = func(kind, master string) { told = append(told, kind+" "+master) }
		cluster := newCluster(t, api, options)
		newer := func(name, annotation, rest string) {
			api.store(t, storedLease(name, annotation, fmt.Sprintf(`{"needs": %d, "seq": 4, %s}`, sentinel.Format+1, rest)))
		}
		newer("dev-mymaster", AnnotationRecord, `"phase": "Stable"`)
		newer("dev-sentinel-config", AnnotationSettings, `"values": {"loglevel": "debug"}`)
		ctx, cancel := context.WithCancel(t.Context())
		seen := &transcript{}
		done := make(chan error)
		go func() { done <- cluster.Run(ctx, seen) }()
		<-cluster.Synced()
		synctest.Wait()
		slices.Sort(told)
		if diff := cmp.Diff([]string{"RecordTooNew mymaster", "RecordTooNew mymaster"}, told); diff != "" {
			t.Error(diff)
		}
		text := seen.take()
		for _, part := range []string{"record mymaster", "settings seq=4"} {
			if !strings.Contains(text, part) {
				t.Errorf("handler: %q, want %q", text, part)
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestSettingsKeepWhatTheyDoNotKnow(t *testing.T) {
	api := newFakeAPI(t, "get leases", "update leases")
	api.store(t, storedLease("dev-sentinel-config", AnnotationSettings,
		`{"format": 3, "seq": 4, "values": {"loglevel": "debug", "an-option-of-later": "x"}, "more": [1]}`))
	records := newCluster(t, api, testOptions()).Records
	read, err := records.GetSettings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if read, err = records.PutSettings(t.Context(), read.With([]sentinel.Setting{{Option: "ping-period", Value: "7"}})); err != nil {
			t.Fatal(err)
		}
	}
	want := tree(t, fmt.Sprintf(`{"format": %d, "seq": 6, "values": {"loglevel": "debug", "ping-period": "7", "an-option-of-later": "x"}, "more": [1]}`, sentinel.Format))
	if diff := cmp.Diff(want, api.stored(t, "dev-sentinel-config", AnnotationSettings)); diff != "" {
		t.Error(diff)
	}
}
