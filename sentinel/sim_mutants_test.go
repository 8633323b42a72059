package sentinel

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"
)

var simMutants = flag.Int("sim.mutants", 0, "how many schedules TestSimMutants gives each mutant to be found; 0 skips it")

// mutants are the fences that can be left out, each alone, with the profile that is
// hardest on it and the promises of which at least one must break.
//
// Two more fences stand behind these, and no schedule shows them alone: a promotion goes
// out on the connection on which its process was read (found after 25 000 schedules until
// a leader looked for later ones on each new connection), and that look. What either
// would let through, the term in the record or the end of older connections stops. Their
// own tests are TestTiedToItsConnection and TestOvertaken of package monitor.
var mutants = []struct{ name, profile, what string }{
	{"compare-and-swap", "", "the API server accepts every write of the record"},
	{"boot fence", "", "a restarted Redis is an empty, writable master"},
	{"freeze", "", "replicas are not detached before they are compared"},
	{"incarnation", "two leaders", "an order goes to whatever process answers at the address"},
	{"old master", "", "nobody waits for the old master to be harmless"},
	{"unfinished target", "two leaders", "nobody waits for the target of an unfinished promotion"},
	{"term kill", "", "the connections of older leaders are left alone"},
	{"fence order", "starved", "the write fence is lowered in Redis before the record says so"},
	{"silent node", "silent nodes", "nobody sees that nothing is heard of a node"},
	{"revision", "rollouts", "nobody sees which pods a rollout is still to replace"},
	{"live pods", "silent nodes", "a node is left for what only a late watch still says of it"},
	{"never ran", "unplaced pods", "a pod that waits for a node may feed a silent master"},
	{"address of before", "unplaced pods", "a master whose address nobody alive has known is waited for"},
	{"told lag", "max-lag", "a fence closes by the min-replicas-max-lag that is wanted, not by the one that was told"},
	{"first back", "disks", "the wait for data on other disks begins with the loss"},
	{"back-off", "refusals", "what was refused is tried again at once"},
	{"passed over", "refusals", "a target that refuses its promotion is tried for ever"},
	{"seal", "refusals", "every name of a later leader is believed"},
	{"old word", "refusals", "what a replica said of a silent master counts for ever"},
	{"ask again", "refusals", "who answers with an error is passed over at once"},
	{"blind leader", "blind leaders", "a leader that reaches no Redis leads on"},
	{"memory only", "memory only", "what a process finds on its disk is the set's, though it has no disks by its word"},
	{"later version", "versions", "a record of a later version is acted on as any other"},
	{"word of links", "firewalls", "a refused connection proves that the process has ended"},
	{"first reading", "restarted leader", "a first reading tells nothing of links that were up"},
}

// TestSimMutants shows that the simulation can fail: it leaves one fence out after the
// other and plays schedules until a promise of doc.go breaks. A mutant that survives
// means that the simulation is too tame, or that the fence is not needed.
func TestSimMutants(t *testing.T) {
	if *simMutants == 0 {
		t.Skip("takes minutes: make sim-mutants")
	}
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			began := time.Now()
			c := campaign{first: *simSeed, schedules: *simMutants, mutant: m.name, profile: m.profile, stopAt: 1}
			c.run()
			if len(c.failures) == 0 {
				t.Fatalf("survived %d schedules: %s, and nothing breaks", c.played, m.what)
			}
			f := c.failures[0]
			if f.promise == noPanic {
				t.Fatalf("seed %d: %s", f.seed, f.what)
			}
			t.Logf("found after %d schedules and %s: %s; seed %d (%s) breaks %s: %s", c.played, time.Since(began).Round(time.Millisecond),
				m.what, f.seed, f.profile, f.promise, f.what)
			if *simStory {
				t.Logf("\n%s", replay(f.seed, m.name, m.profile))
			}
		})
	}
}

// machineFences are those that a Machine itself can do without.
var machineFences = []string{
	"old master", "unfinished target", "fence order", "freeze", "first reading", "first back", "memory only",
	"later version", "old word", "ask again", "word of links", "live pods", "never ran", "address of before",
	"told lag",
}

// TestMutantsNamed holds that every fence that a Machine can do without is tried, and that
// there are no others.
func TestMutantsNamed(t *testing.T) {
	source, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	left := regexp.MustCompile(`m\.without [!=]= "([^"]+)"`)
	for _, file := range source {
		if file.IsDir() {
			continue
		}
		text, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range left.FindAllStringSubmatch(string(text), -1) {
			if !slices.Contains(machineFences, match[1]) {
				t.Errorf("%s leaves out %q, which is no mutant's", file.Name(), match[1])
			}
		}
	}
	for _, without := range machineFences {
		if !slices.ContainsFunc(mutants, func(m struct{ name, profile, what string }) bool { return m.name == without }) {
			t.Errorf("no mutant leaves out %q", without)
		}
	}
}
