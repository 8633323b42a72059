package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cgroup"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/hostile"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
)

// TestMain is the attackers of a round, too.
func TestMain(m *testing.M) {
	if text := os.Getenv(assaultVariable); text != "" {
		if err := attack(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestMassCrash holds what each round checks, for fewer masters, with two replicas of
// the service. How long it takes is no matter here, and a computer that has too much to
// do must not look like servers that are silent.
func TestMassCrash(t *testing.T) {
	redis.SetLogger(silence{})
	k8s.BridgeLogs(quiet())
	s := built(t)
	s.Masters, s.Sentinels, s.rounds, s.DownAfter = 60, 2, 2, time.Minute
	results, err := play(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.asked.failed > 0 || len(r.asked.took) == 0 {
			t.Errorf("round %d: %d of %d questions were not answered", i+1, r.asked.failed, len(r.asked.took))
		}
	}
	t.Logf("\n%s", table(results))
}

// built are the defaults with a service of this source.
func built(t *testing.T) settings {
	t.Helper()
	s := defaults()
	s.Dir, s.ServiceBinary = t.TempDir(), filepath.Join(t.TempDir(), "redis-sentinel-k8s")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", s.ServiceBinary, "../../../cmd/redis-sentinel-k8s")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return s
}

// TestSiege holds that masters are switched while everything attacks the service, in the
// memory that the chart gives it.
func TestSiege(t *testing.T) {
	if err := cgroup.Possible("memory"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	redis.SetLogger(silence{})
	k8s.BridgeLogs(quiet())
	s := built(t)
	s.Masters, s.rounds, s.DownAfter = 10, 2*len(hostile.ClientAttacks), time.Minute
	s.memory, s.siege = 384, true
	results, err := play(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", report(results))
}

// TestTable: the last column is the worst of the rounds, the one before their median.
func TestTable(t *testing.T) {
	round := func(last int) result {
		r := result{asked: answers{took: []time.Duration{time.Millisecond}}}
		began := time.Now()
		r.took(began, []time.Time{began.Add(time.Millisecond), began.Add(time.Duration(last) * time.Millisecond)})
		return r
	}
	text := table([]result{round(30), round(10), round(20)})
	row := slices.Collect(strings.Lines(text))[3]
	if strings.Join(strings.Fields(row), " ") != "crash to last +switch-master 20.0 ms 30.0 ms" {
		t.Errorf("row %q, want a median of 20 ms and a worst of 30", row)
	}
}
