package k8s

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

func (h *transcript) SettingsChanged(s sentinel.Settings) {
	h.add("settings seq=%d %v", s.Seq, s.Values)
}

func (l *latest) SettingsChanged(sentinel.Settings) {}

func TestSettingsAreWrittenByCompareAndSwap(t *testing.T) {
	api := newFakeAPI(t, "get leases", "create leases", "update leases")
	records := newCluster(t, api, testOptions()).Records
	ctx := t.Context()
	none, err := records.GetSettings(ctx)
	if err != nil || none.Seq != 0 || none.Version != "" {
		t.Fatalf("before the first: %+v, %v", none, err)
	}
	first, err := records.PutSettings(ctx, none.With([]sentinel.Setting{{Option: "loglevel", Value: "debug"}}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := records.PutSettings(ctx, none.With([]sentinel.Setting{{Option: "loglevel", Value: "nothing"}})); !errors.Is(err, sentinel.ErrConflict) {
		t.Errorf("a second first write: %v", err)
	}
	read, err := records.GetSettings(ctx)
	if diff := cmp.Diff(first, read); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if second, err := records.PutSettings(ctx, read.With([]sentinel.Setting{{Option: "ping-period", Value: "7"}})); err != nil ||
		second.Seq != 2 || second.Value("loglevel") != "debug" || second.Value("ping-period") != "7" {
		t.Errorf("%+v, %v", second, err)
	}
}
