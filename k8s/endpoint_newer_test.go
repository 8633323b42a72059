package k8s

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	logtest "github.com/sirupsen/logrus/hooks/test"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestOlderLeaderLeavesEndpoints: it may not know yet that it is none any more.
func TestOlderLeaderLeavesEndpoints(t *testing.T) {
	inPlain(t, door, func(p *plain) {
		p.put(sentinel.Stable, "redis-0", 3)
		p.follows("4.9", "10.0.0.7")                        // the record of its epoch was written on meanwhile
		p.api.setRefuse(func(verb, resource string) error { // so it cannot ask either
			if verb+" "+resource == "get leases" {
				return refusedConnection(1)
			}
			return nil
		})
		log, told := logtest.NewNullLogger()
		p.cluster.endpoints.log = log
		p.put(sentinel.Stable, "redis-1", 4)
		time.Sleep(time.Minute)
		p.leads("10.0.0.7:6400 true")
		if n := len(told.AllEntries()); n != 1 {
			p.Errorf("told %d times, want once", n)
		}
		p.cluster.endpoints.lead(false)
		p.put(sentinel.Stable, "redis-1", 9)
		time.Sleep(time.Minute)
		p.leads("10.0.0.7:6400 true")
		p.cluster.endpoints.lead(true)
		synctest.Wait()
		p.leads("10.0.0.2:6400 true")
	})
}

// TestEndpointsOutliveTheirRecord: somebody has deleted the Lease, and no replica lived that
// knew its epochs, so that they began again. What the slice follows is not newer.
func TestEndpointsOutliveTheirRecord(t *testing.T) {
	inPlain(t, door, func(p *plain) {
		p.put(sentinel.Stable, "redis-0", 1)
		p.follows("12.40", "10.0.0.7")
		p.put(sentinel.Stable, "redis-1", 2)
		p.leads("10.0.0.2:6400 true")
		p.follows("12.40", "10.0.0.7") // by a leader of before that does not know
		time.Sleep(surveyEvery + time.Second)
		p.leads("10.0.0.2:6400 true")
	})
}

// TestNewerEndpointsStay: a leader that has not heard of the newest record reads it, and what
// follows that one is not moved back in between.
func TestNewerEndpointsStay(t *testing.T) {
	inPlain(t, door, func(p *plain) {
		p.put(sentinel.Stable, "redis-0", 3)
		older := p.slice()
		p.put(sentinel.Stable, "redis-1", 4)
		p.left(older, "5.9", "10.0.0.1")
		newest := p.record
		newest.Epoch, newest.Seq, newest.Master.UID = 5, 9, "u-redis-0"
		p.cluster.endpoints.get = func(context.Context, string) (sentinel.Record, error) {
			p.cluster.endpoints.saw("mymaster", time.Time{}, newest)
			return newest, nil
		}
		before := len(p.writes())
		time.Sleep(time.Minute)
		p.leads("10.0.0.1:6400 true")
		for _, call := range p.writes()[before:] {
			p.Errorf("%s, though the newest record was followed", call)
		}
	})
}

// TestALaterLifeOfARecordIsFollowed, by a replica that remembers higher epochs, too: it was
// made anew by one that did not.
func TestALaterLifeOfARecordIsFollowed(t *testing.T) {
	inPlain(t, door, func(p *plain) {
		p.put(sentinel.Stable, "redis-0", 12)
		anew := p.record
		anew.Epoch, anew.Seq, anew.Version, anew.Master.UID, anew.Master.Pod = 1, 1, "", "u-redis-1", "redis-1"
		lease, err := toLease(testNamespace, testOptions().LeasePrefix, "mymaster", anew)
		if err != nil {
			p.Fatal(err)
		}
		lease.TypeMeta = metav1.TypeMeta{APIVersion: "coordination.k8s.io/v1", Kind: "Lease"}
		lease.CreationTimestamp, lease.UID = metav1.Now(), "u-anew"
		p.api.remove(p.T, coordinationv1.SchemeGroupVersion.WithResource("leases"), lease.Name)
		p.api.store(p.T, lease)
		time.Sleep(surveyEvery + time.Second)
		p.leads("10.0.0.2:6400 true")
	})
}
