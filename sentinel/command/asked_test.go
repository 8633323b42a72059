package command

import (
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// TestAskedAgain: what a client was told from once is never told after the store has
// taken in something newer.
func TestAskedAgain(t *testing.T) {
	views, name := store.New(), []byte("mymaster")
	var a asked
	if v := a.master(views, name); v != nil {
		t.Fatalf("an unknown name gives %+v", v)
	}
	for _, host := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"} {
		want := viewAt(host, time.Now())
		views.CommitMaster(want)
		for range 2 {
			if v := a.master(views, name); v != want {
				t.Fatalf("after %s was committed, the answer is %+v", host, v)
			}
		}
	}
	other := viewAt("10.0.0.4", time.Now())
	other.Name = "other"
	views.CommitMaster(other)
	if v := a.master(views, []byte("other")); v != other {
		t.Errorf("another name gives %+v", v)
	}
	if v := a.master(views, []byte("MyMaster")); v != nil {
		t.Errorf("a name in other letters gives %+v", v)
	}
	if v := a.master(views, name); v == nil {
		t.Error("the first name is unknown now")
	}
	views.RemoveMaster(views.Snapshot().Master("mymaster"))
	if v := a.master(views, name); v != nil {
		t.Errorf("a name that was removed gives %+v", v)
	}
}
