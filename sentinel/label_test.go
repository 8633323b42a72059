package sentinel

import (
	"errors"
	"testing"
	"time"
)

// TestALabelIsAskedForOnce: a label may wait long for the rate limit of calls to the API
// server. Asking again meanwhile makes that wait longer for all others; not asking again
// after a failure would leave plain Services with the wrong master.
func TestALabelIsAskedForOnce(t *testing.T) {
	m := NewMachine("mymaster")
	a := follower("a", "redis-0", "id", 100)
	m.instances["a"], m.set.Pods = a, []Pod{a.pod}
	m.now = time.Unix(1000, 0)
	asked := func(after time.Duration) (uint64, []Role) {
		m.now, m.out = m.now.Add(after), nil
		m.labelAll()
		var id uint64
		var roles []Role
		for _, o := range m.out {
			id, roles = o.ID, append(roles, o.Action.(Label).Role)
		}
		return id, roles
	}
	expect := func(what string, after time.Duration, want ...Role) uint64 {
		t.Helper()
		id, got := asked(after)
		if len(got) != len(want) || len(want) == 1 && got[0] != want[0] {
			t.Fatalf("%s: asked for %v, want %v", what, got, want)
		}
		return id
	}

	id := expect("a pod without a role", 0, RoleReplica)
	expect("under way for a minute", time.Minute)
	Done{ID: id, Err: errors.New("refused")}.observe(m)
	expect("refused a moment ago", retryEvery/2)
	id = expect("refused a while ago", retryEvery/2, RoleReplica)
	m.rec.Master.UID = "a"
	expect("another role, while the first is under way", 0)
	Done{ID: id}.observe(m)
	id = expect("another role, right after the first", 0, RoleMaster)
	Done{ID: id}.observe(m)
	m.set.Pods[0].Role, a.pod.Role = RoleMaster, RoleMaster
	expect("the pod is seen to have it", time.Minute)
}
