package k8s

import (
	"errors"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestChangesHaveTheirOwnWay: what clients ask for is called by a client of its own, and
// what is seen on one way counts on the other.
func TestChangesHaveTheirOwnWay(t *testing.T) {
	api := newFakeAPI(t, "get leases", "create leases", "update leases")
	changes := newFakeAPI(t, "get leases", "create leases")
	cluster, err := New(Clients{Calls: api, Watches: api, Leader: api, Changes: changes}, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.shutDown()
	if _, err := cluster.Changes.GetSettings(t.Context()); err != nil {
		t.Fatal(err)
	}
	record := fullRecord()
	record.Epoch = 9
	if _, err := cluster.Changes.Put(t.Context(), "mymaster", record); err != nil {
		t.Fatal(err)
	}
	if calls := api.made(); len(calls) > 0 {
		t.Errorf("the service's own way was used: %v", calls)
	}
	record.Version, record.Epoch = "1", 8
	if _, err := cluster.Put(t.Context(), "mymaster", record); !errors.Is(err, sentinel.ErrConflict) {
		t.Errorf("an epoch that has fallen: %v", err)
	}
}
