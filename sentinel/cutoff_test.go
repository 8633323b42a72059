package sentinel

import (
	"testing"
	"time"
)

// cutOff is a replica of the service beside a set of three whose master is redis-0.
type cutOff struct {
	t   *testing.T
	now time.Time
	m   *Machine
}

var cutOffPods = []Pod{
	{Name: "redis-0", UID: "a", Addr: Addr{Host: "10.0.0.1", Port: 6379}},
	{Name: "redis-1", UID: "b", Addr: Addr{Host: "10.0.0.2", Port: 6379}},
	{Name: "redis-2", UID: "c", Addr: Addr{Host: "10.0.0.3", Port: 6379}},
}

func newCutOff(t *testing.T) *cutOff {
	c := &cutOff{t: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), m: NewMachine("mymaster")}
	c.step(SetSeen{Set: Set{Master: "mymaster", Size: 3, Config: Defaults(), Pods: cutOffPods}})
	master := Process{Pod: "redis-0", UID: "a", RunID: "a", Addr: cutOffPods[0].Addr}
	c.step(RecordSeen{Record: Record{Stored: Stored{Format: Format}, Seq: 1, Phase: Stable, Epoch: 1, Master: master, Fence: 1, FenceMaxLag: 2}})
	c.follow(cutOffPods[0].Addr)
	return c
}

func (c *cutOff) step(o Observation) {
	c.now = c.now.Add(time.Millisecond)
	c.m.Step(c.now, o)
}

// follow has the master answer, and both replicas tell that they follow this address.
func (c *cutOff) follow(master Addr) {
	c.now = c.now.Add(time.Millisecond)
	c.step(InstanceSeen{UID: "a", At: c.now, Snapshot: Snapshot{RunID: "a", Role: RoleMaster}})
	for _, uid := range []string{"b", "c"} {
		c.step(InstanceSeen{UID: uid, At: c.now, Snapshot: Snapshot{RunID: uid, Role: RoleReplica, MasterAddr: master, LinkUp: true}})
	}
}

// lose takes the API server and both replicas away, as on a node that is cut off.
func (c *cutOff) lose() {
	c.step(APISeen{Away: true})
	c.step(InstanceLost{UID: "b", Loss: LinkSilent})
	c.step(InstanceLost{UID: "c", Loss: LinkSilent})
}

func (c *cutOff) want(what string, cut bool) {
	c.t.Helper()
	if got := c.m.View().CutOff; got != cut {
		c.t.Errorf("%s: cut off %t, want %t", what, got, cut)
	}
}

// TestCutOffNamesNobody: until it knows better, since the others may follow a new master.
func TestCutOffNamesNobody(t *testing.T) {
	c := newCutOff(t)
	c.want("all is well", false)
	c.lose()
	c.want("neither Kubernetes nor replicas", true)
	c.follow(cutOffPods[1].Addr)
	c.want("the network is back, and the replicas follow another master", true)
	c.step(APISeen{})
	c.want("the API server is back, and its news are on their way", true)
	if wake := c.m.Wake(); !wake.Equal(c.now.Add(apiSettles)) {
		t.Errorf("looks again at %s, want %s", wake, c.now.Add(apiSettles))
	}
	c.now = c.now.Add(apiSettles)
	c.step(Tick{})
	c.want("the API server has been back for long enough", false)
}

// TestCutOffSeesFollowers: the API server stays away, and nobody else was promoted.
func TestCutOffSeesFollowers(t *testing.T) {
	c := newCutOff(t)
	c.lose()
	c.follow(cutOffPods[0].Addr)
	c.want("the replicas follow the master still", false)
}

// TestAPIAwayIsNotCutOff: what keeps the master's write fence open is seen.
func TestAPIAwayIsNotCutOff(t *testing.T) {
	for _, c := range []struct {
		what string
		lost []InstanceLost
		cut  bool
	}{
		{"only Kubernetes is away", nil, false},
		{"and one replica", []InstanceLost{{UID: "b", Loss: LinkSilent}}, false},
		{"both replicas have crashed, on nodes that answer", []InstanceLost{{UID: "b", Loss: LinkGone}, {UID: "c", Loss: LinkGone}}, false},
		{"the master is silent for this one alone", []InstanceLost{{UID: "a", Loss: LinkSilent}}, false},
		{"both replicas are silent", []InstanceLost{{UID: "b", Loss: LinkSilent}, {UID: "c", Loss: LinkSilent}}, true},
	} {
		s := newCutOff(t)
		s.step(APISeen{Away: true})
		for _, lost := range c.lost {
			s.step(lost)
		}
		s.want(c.what, c.cut)
	}
	s := newCutOff(t)
	s.lose()
	s.step(APISeen{})
	s.step(InstanceLost{UID: "b", Loss: LinkSilent})
	s.now = s.now.Add(apiSettles)
	s.step(Tick{})
	s.want("replicas are silent, and Kubernetes is there", false)
}
