package command

import (
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// viewAt is a view of mymaster with a master at host.
func viewAt(host string, now time.Time) *sentinel.View {
	return &sentinel.View{Name: "mymaster", Config: sentinel.Defaults(), Master: sentinel.InstanceView{
		Addr: sentinel.Addr{Host: host, Port: 6379}, Vitals: sentinel.NewVitals(now),
	}}
}

func TestAnswerWaitsForTheSwitch(t *testing.T) {
	views := store.New()
	c := New(Options{Store: views})
	old := viewAt("10.0.0.1", time.Now())
	views.CommitMaster(old)
	old.Master.Vitals.Lose(time.Now())
	answer := make(chan string, 1)
	go func() { answer <- c.waitSettled(t.Context(), "mymaster").Master.Addr.Host }()
	views.CommitMaster(viewAt("10.0.0.2", time.Now()))
	if got := <-answer; got != "10.0.0.2" {
		t.Errorf("answered %s, want the new master", got)
	}
}

func TestAnswerDoesNotWaitLong(t *testing.T) {
	views := store.New()
	c := New(Options{Store: views})
	down := viewAt("10.0.0.1", time.Now())
	down.Master.SDown, down.Master.SDownTime = true, time.Now()
	views.CommitMaster(down)
	if got := c.waitSettled(t.Context(), "mymaster").Master.Addr.Host; got != "10.0.0.1" {
		t.Errorf("answered %s after the wait, want the old master", got)
	}
	// Trouble that is not young any more costs nobody a wait.
	long := viewAt("10.0.0.1", time.Now())
	long.Master.SDown, long.Master.SDownTime = true, time.Now().Add(-time.Minute)
	if c.changing(long) {
		t.Error("an answer would wait for a master that has been down for a minute")
	}
	cut := viewAt("10.0.0.1", time.Now().Add(-time.Minute))
	cut.Master.Vitals.Lose(time.Now())
	if !c.changing(cut) {
		t.Error("an answer would not wait for a master whose connection has just ended")
	}
	cut.Master.Vitals.Lose(time.Now().Add(-2 * time.Second)) // and nothing answers the attempts since
	if c.changing(cut) {
		t.Error("an answer would wait for a master whose connection ended two seconds ago")
	}
}

// TestAnswerWaitsForAHandover: a master that hands over ends its clients' connections before
// the new one is named.
func TestAnswerWaitsForAHandover(t *testing.T) {
	c := New(Options{Store: store.New()})
	for state, waits := range map[sentinel.FailoverState]bool{
		sentinel.NoFailover: false, sentinel.SendReplicaOfNoOne: true, sentinel.WaitPromotion: true,
	} {
		for age, young := range map[time.Duration]bool{0: true, 2 * time.Second: false} {
			view := viewAt("10.0.0.1", time.Now())
			view.Failover, view.FailoverSince = state, time.Now().Add(-age)
			if got := c.changing(view); got != (waits && young) {
				t.Errorf("%q for %s: waits %t, want %t", state, age, got, waits && young)
			}
		}
	}
}
