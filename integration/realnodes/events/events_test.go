package events

import (
	"context"
	"flag"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/suite"
)

var (
	only    = flag.String("events", "", "only these events, by their keys, with commas between")
	rounds  = flag.Int("rounds", 1, "how often each happens")
	slow    = flag.Int("slow-rounds", 1, "how often those happen that take a minute")
	images  = flag.String("images", "redis:8.0-alpine,valkey/valkey:8.1-alpine", "the servers' images, with commas between")
	results = flag.String("results", "", "file for the figures, JSON")
)

// TestEvents lets everything happen to a set on real nodes, and prints the table.
func TestEvents(t *testing.T) {
	cluster := suite.Nodes(t)
	figures := Figures{Commit: commit(t)}
	for n, image := range strings.Split(*images, ",") {
		figures.Servers = append(figures.Servers, Measured{Image: image, Rows: map[string][]Round{}})
		t.Run(image, func(t *testing.T) { measure(t, cluster, fmt.Sprintf("events-%d", n), figures, n) })
	}
	t.Logf("commit %s:\n\n%s", figures.Commit, figures.Table(Events()))
}

// commit is the state of the tree that is measured.
func commit(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// measure lets all events happen to one kind of server. What was measured is saved after
// each, so that a run that ends early was not for nothing.
func measure(t *testing.T, cluster *realnodes.Cluster, namespace string, figures Figures, n int) {
	server := figures.Servers[n]
	s, err := NewStage(t.Context(), cluster, namespace, imageValues(server.Image), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	for _, event := range Events() {
		if !wanted(event, n) {
			continue
		}
		t.Run(event.Key, func(t *testing.T) {
			s.Log = t.Logf
			server.Rows[event.Key] = happen(t, s, event, event.Do)
			t.Logf("%s: %s", event.Name, event.cell(server.Rows[event.Key]))
		})
		if *results != "" {
			if err := figures.Write(*results); err != nil {
				t.Fatal(err)
			}
		}
	}
	if t.Failed() {
		return // and the set stays, to be looked at
	}
	if err := s.Remove(t.Context()); err != nil {
		t.Error(err)
	}
}

// briefly are the events that -short lets happen to all servers but the first one.
const briefly = "crash,delete,upgrade"

func wanted(event Event, server int) bool {
	keys := *only
	if keys == "" && testing.Short() && server > 0 {
		keys = briefly
	}
	return keys == "" || slices.Contains(strings.Split(keys, ","), event.Key)
}

// happen lets one event happen and demands what must hold each time.
func happen(t *testing.T, s *Stage, event Event, do func(context.Context, *Stage) (Round, error)) (all []Round) {
	times := *rounds
	if event.Slow {
		times = min(*slow, *rounds)
	}
	for n := range times {
		began := time.Now()
		round, err := do(t.Context(), s)
		if err != nil {
			t.Errorf("round %d: %v\n%s", n, err, s.logs(t.Context(), began))
			return all
		}
		if most := event.mayLose(); round.Lost > most {
			t.Errorf("round %d: %d of %d acknowledged writes lost, at most %d may be\n%s", n, round.Lost, round.Acked, most, s.logs(t.Context(), began))
		}
		if round.Unordered != "" {
			t.Errorf("round %d: not linearizable: %s", n, round.Unordered)
		}
		all = append(all, round)
	}
	return all
}
