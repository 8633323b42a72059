package sentinel

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// absurd is a decision that nobody can write down: long texts, which are longer still when
// they are stored, for many pods.
func absurd(pods, length int) *Decision {
	text := strings.Repeat("\x01", length)
	d := &Decision{Chosen: "redis-777", Rule: text, Reason: text}
	for i := range pods {
		c := Candidate{Pod: fmt.Sprint("redis-", i), ReplID: text, Node: text, Zone: text, RunID: text, Refused: text}
		if i%100 == 77 {
			c.Refused = ""
		}
		d.Candidates = append(d.Candidates, c)
	}
	return d
}

// TestRecordIsBounded: whatever was said, it fits into a quarter of what Kubernetes allows,
// and what decides is whole.
func TestRecordIsBounded(t *testing.T) {
	for _, length := range []int{1, 100, 300_000} {
		for _, pods := range []int{1, 50, 1000} {
			if length*pods > 50_000_000 {
				continue
			}
			r := Record{
				Seq: 7, Phase: Stable, Master: Process{Pod: "redis-777", RunID: "r"}, Lineage: Lineage{ReplID: "l", Offset: 5},
				Reason: strings.Repeat("é", length), Decision: absurd(pods, length),
				Refusal:   &Refusal{Reason: "NoGoodReplica", Message: strings.Repeat("\xff", length), At: time.Unix(1, 0), Decision: absurd(pods, length)},
				Requested: &Request{By: strings.Repeat("<", length)},
			}
			b := r.Bounded()
			text, err := json.Marshal(b)
			if err != nil || len(text) > 96<<10 {
				t.Errorf("%d pods, texts of %d bytes: %d bytes, %v", pods, length, len(text), err)
			}
			if b.Seq != r.Seq || b.Master != r.Master || b.Lineage != r.Lineage || b.Phase != r.Phase {
				t.Errorf("%d pods, texts of %d bytes: %+v", pods, length, b)
			}
			if n := len(b.Decision.Candidates) + b.Decision.Omitted; n != pods || len(r.Decision.Candidates) != pods {
				t.Errorf("%d pods, texts of %d bytes: %d candidates, kept or omitted", pods, length, n)
			}
			if again := b.Bounded(); !reflect.DeepEqual(again, b) {
				t.Errorf("%d pods, texts of %d bytes: it is cut again", pods, length)
			}
		}
	}
}

// TestWhoIsKept: the chosen one, then who could have been chosen.
func TestWhoIsKept(t *testing.T) {
	d := absurd(1000, 10).Bounded()
	if len(d.Candidates) < 20 || d.Candidates[0].Pod != "redis-777" {
		t.Fatalf("%d candidates, the first is %s", len(d.Candidates), d.Candidates[0].Pod)
	}
	for i, c := range d.Candidates {
		if (c.Refused == "") != (i < 10) {
			t.Errorf("candidate %d is %s, refused %q", i, c.Pod, c.Refused)
		}
	}
}

// TestUsualRecordIsNotTouched: of a hundred pods each is kept as it is.
func TestUsualRecordIsNotTouched(t *testing.T) {
	r := Record{Phase: Promoting, Reason: "process gone", Decision: &Decision{Chosen: "redis-1", Rule: "highest offset"}, Refusal: &Refusal{Reason: "NoGoodReplica", Message: "nobody"}}
	for i := range 100 {
		r.Decision.Candidates = append(r.Decision.Candidates, Candidate{
			Pod: fmt.Sprint("redis-", i), Offset: 1 << 40, ReplID: strings.Repeat("a", 40), RunID: strings.Repeat("b", 40),
			Node: "ip-10-0-0-1.eu-central-1.compute.internal", Zone: "eu-central-1a", Refused: "its link to the master is down",
		})
	}
	if got := r.Bounded(); !reflect.DeepEqual(got, r) {
		t.Errorf("%d of %d candidates", len(got.Decision.Candidates), len(r.Decision.Candidates))
	}
}

// TestLongErrors: what a Redis or the API server says is told in short.
func TestLongErrors(t *testing.T) {
	if got := errText(fmt.Errorf("%s", strings.Repeat("é", 300_000))); len(got) > mostErrText || !strings.HasSuffix(got, "é...") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}
