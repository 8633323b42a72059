package conformance

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// story is something that happens to a set, and what subscribers hear of it.
type story struct {
	name string
	// play makes it happen and returns when all Sentinels have told it.
	play func(*stage)
	// after tidies up, untold.
	after func(*stage)
	// sorted compares without regard to order from the second event on: the real one
	// tells in the order of a hash table, or of what it learns first.
	sorted bool
	// until cuts what is told after the last event of the story, which begins so.
	until string
	// asked: only the first Sentinel tells it, there.
	asked bool
	// realOnly and ownOnly are channels that only one of the two tells, as meant, with
	// the reason.
	realOnly, ownOnly map[string]string
}

const (
	noVotes  = "a record in Kubernetes decides; nobody votes"
	atOnce   = "the switch is announced as soon as the new master answers, not when its replicas have resynced"
	noMaster = "the old master is a replica before the new one is a master, so it never reports the wrong role"
)

var failoverOnly = map[string]string{
	"+vote-for-leader": noVotes, "+slave-reconf-inprog": atOnce, "+slave-reconf-done": atOnce, "+role-change": noMaster,
}

// crashOnly has -odown, too: it comes when the other Sentinels have switched already
// and so do not call the old master down any more.
var crashOnly = func() map[string]string {
	only := maps.Clone(failoverOnly)
	only["-odown"] = noVotes
	return only
}()

var stories = []story{
	{name: "a replica restarts", sorted: true, play: func(s *stage) {
		r := s.redis[storyReplica1]
		r.Kill()
		await(s.t, s.recorders, "+sdown slave "+r.Host)
		r.Restart(s.t)
		await(s.t, s.recorders, "+sdown slave "+r.Host, "-sdown slave "+r.Host)
		await(s.t, s.recorders, "+sdown slave "+r.Host, "+reboot slave "+r.Host)
	}},
	{name: "a new replica", play: func(s *stage) {
		s.appear(s.startNew())
		await(s.t, s.recorders, "+slave slave "+storyNew)
		s.settle(storyReplica1, storyReplica2, storyNew)
	}},
	{name: "a replica vanishes", play: func(s *stage) {
		s.redis[storyNew].Kill()
		s.vanish(s.redis[storyNew])
		await(s.t, s.recorders, "+sdown slave "+storyNew)
	}, after: func(s *stage) {
		for n := range storySentinels { // a real one lists it for ever
			ask(s.t, s.at(n), "SENTINEL", "RESET", "mymaster")
		}
	}},
	{name: "SET", asked: true, play: func(s *stage) {
		ask(s.t, s.at(0), "SENTINEL", "SET", "mymaster", "quorum", "2", "parallel-syncs", "1")
		await(s.t, s.recorders[:1], "+set master mymaster", "+set master mymaster")
	}},
	{name: "RESET", asked: true, sorted: true, play: func(s *stage) {
		ask(s.t, s.at(0), "SENTINEL", "RESET", "mymaster")
		for _, event := range []string{"+slave slave " + storyReplica1, "+slave slave " + storyReplica2, "+sentinel sentinel"} {
			await(s.t, s.recorders[:1], "+reset-master master mymaster", event)
		}
		await(s.t, s.recorders[:1], "+sentinel sentinel", "+sentinel sentinel")
	}},
	{name: "a Sentinel goes and comes", asked: true, play: func(s *stage) {
		s.sleep(2)
		await(s.t, s.recorders[:2], "+sdown sentinel")
		s.wake(2)
		await(s.t, s.recorders[:2], "+sdown sentinel", "-sdown sentinel")
	}},
	{name: "forced failover", until: "+slave slave <master>", realOnly: failoverOnly, play: func(s *stage) {
		if have := ask(s.t, s.at(0), "SENTINEL", "FAILOVER", "mymaster"); have != "OK" {
			s.t.Fatalf("FAILOVER: %s", have)
		}
		await(s.t, s.recorders, "+switch-master mymaster "+storyMaster, "+slave", "+slave slave "+storyMaster)
	}},
	{name: "the master crashes", until: "+slave slave <master>", realOnly: crashOnly, play: func(s *stage) {
		old := s.master()
		old.Kill()
		await(s.t, s.recorders, "+switch-master mymaster "+old.Host, "+slave", "+slave slave "+old.Host, "+sdown slave "+old.Host)
	}},
}

// TestStories plays every story with redis-sentinel and with this service, and
// compares channels, their order and the form of their payloads. Of a failover the
// real leader's telling counts: here every replica of the service tells it whole.
func TestStories(t *testing.T) {
	needReal(t)
	real, own := map[string][][]string{}, map[string][][]string{}
	t.Run("redis-sentinel", func(t *testing.T) { play(t, realStage(t), real) })
	t.Run("service", func(t *testing.T) { play(t, serviceStage(t), own) })
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) { compareStory(t, s, real[s.name], own[s.name]) })
	}
}

// play fills told with what each Sentinel told, by story.
func play(t *testing.T, s *stage, told map[string][][]string) {
	t.Helper()
	for _, story := range stories {
		s.settle(s.healthy()...)
		s.begin()
		before := s.master().Host
		story.play(s)
		for _, r := range s.recorders {
			told[story.name] = append(told[story.name], tell(r, before))
		}
		if story.after != nil {
			story.after(s)
		}
	}
}

// tell spells what was heard with the parts that the instances play.
func tell(r *recorder, master string) []string {
	parts := map[string]string{}
	for _, host := range []string{storyMaster, storyReplica1, storyReplica2, storyNew} {
		parts[host] = "<replica>"
	}
	for _, host := range storySentinels {
		parts[host] = "<sentinel>"
	}
	parts[master] = "<master>"
	for _, e := range r.heard() {
		if words := strings.Fields(e.Payload); e.Type == "+switch-master" {
			parts[words[3]] = "<promoted>"
		}
	}
	var lines []string
	for _, e := range r.heard() {
		lines = append(lines, form(e, parts))
	}
	return lines
}

func compareStory(t *testing.T, s story, real, own [][]string) {
	t.Helper()
	if len(real) == 0 || len(own) == 0 {
		t.Fatal("not played")
	}
	tellers := real
	if s.realOnly["+vote-for-leader"] != "" {
		tellers = slices.DeleteFunc(slices.Clone(real), func(told []string) bool {
			return !slices.ContainsFunc(told, func(line string) bool { return strings.HasPrefix(line, "+elected-leader master mymaster <master> ") })
		})
	}
	if len(tellers) == 0 {
		t.Fatalf("no redis-sentinel was elected: %q", real)
	}
	if s.asked {
		tellers, own = tellers[:1], own[:1]
	}
	want := s.reduce(t, tellers[0], s.realOnly)
	for n, told := range own {
		if diff := cmp.Diff(want, s.reduce(t, told, s.ownOnly)); diff != "" {
			t.Errorf("replica %d of the service (-redis-sentinel +service):\n%s", n, diff)
		}
	}
	t.Logf("%d events equal, %d only in redis-sentinel, %d only here", len(want), len(tellers[0])-len(want), len(own[0])-len(want))
}

// reduce leaves out what only one of the two is meant to tell.
func (s story) reduce(t *testing.T, told []string, only map[string]string) []string {
	t.Helper()
	var kept []string
	for _, line := range told {
		if s.until != "" && len(kept) > 0 && strings.HasPrefix(kept[len(kept)-1], s.until) {
			break
		}
		if channel, _, _ := strings.Cut(line, " "); only[channel] == "" {
			kept = append(kept, line)
		}
	}
	if s.sorted && len(kept) > 1 {
		slices.Sort(kept[1:])
	}
	return kept
}
