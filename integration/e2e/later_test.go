package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// TestLaterRecord: a later version wrote the record. What is not known stays through options
// and failovers. A record that needs that version is left alone, and people and clients are
// told so; when that is over, the service goes on.
func TestLaterRecord(t *testing.T) {
	r := install(t, nil)
	old := r.settled(3)
	r.rewrite(func(record map[string]any) {
		record["later"] = map[string]any{"n": 1}
		record["master"].(map[string]any)["later"] = "of " + r.podAt(old)
	})
	for n, addr := range r.sentinels() {
		if err := node(t, addr).Do(t.Context(), "sentinel", "set", "mymaster", "failover-timeout", 180_001+n).Err(); err != nil {
			t.Fatal(err)
		}
	}
	r.ask()
	r.moved(old)
	master := r.settled(3)
	now := r.stored()
	former, _ := now["former"].(map[string]any)
	if fmt.Sprint(now["later"]) != "map[n:1]" || former["later"] != "of "+r.podAt(old) {
		t.Errorf("after a failover the record is %v", now)
	}

	r.rewrite(func(record map[string]any) { record["needs"] = 1000 })
	for _, addr := range r.sentinels() {
		r.tellsTooOld(addr, "why", "mymaster")
		r.tellsTooOld(addr, "set", "mymaster", "quorum", "1")
		r.tellsTooOld(addr, "failover", "mymaster")
	}
	r.hasEvent("RecordTooNew")
	before, pod := fmt.Sprint(r.stored()), r.podAt(master)
	defer r.hold(pod)()
	r.kill(pod)
	for _, addr := range r.sentinels() {
		cluster.Eventually(t, 30*time.Second, addr+" sees that the master is gone", func(ctx context.Context) error {
			told, err := sentinelAt(t, addr).Master(ctx, "mymaster").Result()
			if err == nil && !strings.Contains(told["flags"], "o_down") {
				err = fmt.Errorf("flags %s", told["flags"])
			}
			if err == nil && told["ip"]+":6379" != master {
				t.Errorf("%s names %s, and the record says %s", addr, told["ip"], master)
			}
			return err
		})
	}
	if now := fmt.Sprint(r.stored()); now != before {
		t.Errorf("the record was %s before the master was gone, and is %s", before, now)
	}
	r.rewrite(func(record map[string]any) { delete(record, "needs") })
	r.moved(master)
}

// stored is the record as it is stored.
func (r *release) stored() map[string]any {
	r.t.Helper()
	lease, err := r.Client.CoordinationV1().Leases(r.namespace).Get(r.t.Context(), r.lease("mymaster"), getOptions)
	if err != nil {
		r.t.Fatal(err)
	}
	var record map[string]any
	if err := json.Unmarshal([]byte(lease.Annotations["redis-sentinel-k8s/record"]), &record); err != nil {
		r.t.Fatal(err)
	}
	return record
}

// rewrite changes the stored record as another version of the service would.
func (r *release) rewrite(change func(map[string]any)) {
	r.t.Helper()
	leases := r.Client.CoordinationV1().Leases(r.namespace)
	cluster.Eventually(r.t, 20*time.Second, "the record is rewritten", func(ctx context.Context) error {
		lease, err := leases.Get(ctx, r.lease("mymaster"), getOptions)
		if err != nil {
			return err
		}
		var record map[string]any
		if err := json.Unmarshal([]byte(lease.Annotations["redis-sentinel-k8s/record"]), &record); err != nil {
			return err
		}
		change(record)
		record["seq"] = record["seq"].(float64) + 1
		text, err := json.Marshal(record)
		if err != nil {
			return err
		}
		lease.Annotations["redis-sentinel-k8s/record"] = string(text)
		_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
		return err
	})
}

// tellsTooOld waits until a replica of the service says that it is too old.
func (r *release) tellsTooOld(addr string, words ...any) {
	r.t.Helper()
	cluster.Eventually(r.t, 20*time.Second, fmt.Sprint(addr, " refuses sentinel ", words), func(ctx context.Context) error {
		answer, err := node(r.t, addr).Do(ctx, append([]any{"sentinel"}, words...)...).Result()
		if told := fmt.Sprint(answer, err); !strings.Contains(told, "this version of the service is too old for it") {
			return fmt.Errorf("it says %s", told)
		}
		return nil
	})
}

func (r *release) hasEvent(reason string) {
	r.t.Helper()
	cluster.Eventually(r.t, 30*time.Second, "an Event "+reason, func(ctx context.Context) error {
		events, err := r.Client.CoreV1().Events(r.namespace).List(ctx, metav1.ListOptions{FieldSelector: "reason=" + reason})
		if err == nil && len(events.Items) == 0 {
			err = fmt.Errorf("none")
		}
		return err
	})
}
