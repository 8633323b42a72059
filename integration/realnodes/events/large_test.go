package events

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/suite"
)

var megabytes = flag.String("megabytes", "200", "how much data each server has in TestLarge, with commas between")

// inShort are the events that -short lets happen with much data.
const inShort = "crash,loading"

// TestLarge lets things happen to sets with much data, and prints the table.
func TestLarge(t *testing.T) {
	cluster := suite.Nodes(t)
	image, _, _ := strings.Cut(*images, ",")
	figures := Figures{Commit: commit(t)}
	for n, text := range strings.Split(*megabytes, ",") {
		size, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		if free := available(t); free < 5*size {
			t.Errorf("%d MB of data in three processes, and what a sync takes, need about %d MB of memory; %d are available", size, 5*size, free)
			continue
		}
		figures.Servers = append(figures.Servers, Measured{Image: image, Megabytes: size, Rows: map[string][]Round{}})
		t.Run(text, func(t *testing.T) { measureLarge(t, cluster, fmt.Sprintf("large-%d", n), figures, n) })
	}
	t.Logf("commit %s:\n\n%s", figures.Commit, figures.Table(LargeEvents()))
}

func measureLarge(t *testing.T, cluster *realnodes.Cluster, namespace string, figures Figures, n int) {
	server := figures.Servers[n]
	s, err := NewStage(t.Context(), cluster, namespace, largeValues(imageValues(server.Image), server.Megabytes), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	s.Patience = 3*time.Minute + time.Duration(server.Megabytes)*100*time.Millisecond
	began := time.Now()
	if err := s.fill(t.Context(), server.Megabytes); err != nil {
		t.Fatal(err)
	}
	t.Logf("filled with %d keys in %v", s.kept, time.Since(began).Round(time.Second))
	for _, event := range LargeEvents() {
		if !wantedLarge(event) {
			continue
		}
		t.Run(event.Key, func(t *testing.T) {
			s.Log = t.Logf
			server.Rows[event.Key] = happen(t, s, event, func(ctx context.Context, s *Stage) (Round, error) { return s.keeps(ctx, event) })
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

func wantedLarge(event Event) bool {
	keys := *only
	if keys == "" && testing.Short() {
		keys = inShort
	}
	return keys == "" || strings.Contains(","+keys+",", ","+event.Key+",")
}

// available is how many megabytes of memory the computer can give.
func available(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "MemAvailable:"); found {
			kilobytes, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return kilobytes / 1024
		}
	}
	t.Fatal("/proc/meminfo does not tell the available memory")
	return 0
}
