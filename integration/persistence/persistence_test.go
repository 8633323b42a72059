package persistence

import (
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	client "github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/clients"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

var (
	rounds   = flag.Int("rounds", 1, "how often each mode is measured")
	requests = flag.Int("requests", 2000, "of each command, in each measurement")
	results  = flag.String("results", "", "file for the figures, JSON")
	write    = flag.Bool("write", false, "make the table of docs/no-persistence.md of -results")
)

const (
	host      = "127.0.78.1"
	port      = 6379 // of the master; the replicas have the next ones
	keys      = 500_000
	fill      = 50 // writes before, for each of a measurement
	valueSize = 100
	parallel  = 50
)

// TestPersistence measures all modes by turns, and prints the table. It demands that each
// mode did what its name says; no rate.
func TestPersistence(t *testing.T) {
	bench := redis.Binary(t, "redis-benchmark")
	f := Figures{Commit: commit(t), Rounds: *rounds, Rates: map[string]map[string][]float64{}}
	f.Written = fmt.Sprintf("`redis-benchmark -t set,get -n %d -c %d -r %d -d %d`", *requests, parallel, keys, valueSize)
	modes := Modes()
	for round := range *rounds {
		for n := range modes {
			mode := modes[(n+round)%len(modes)] // none of them always comes first
			rates, version := measure(t, bench, mode)
			f.Server = version
			if f.Rates[mode.Name] == nil {
				f.Rates[mode.Name] = map[string][]float64{}
			}
			for _, command := range Commands {
				f.Rates[mode.Name][command] = append(f.Rates[mode.Name][command], rates[command])
			}
			t.Logf("round %d, %s: %v", round, mode.Name, rates)
		}
	}
	if err := f.Whole(); err != nil {
		t.Error(err)
	}
	if *results != "" {
		if err := f.Write(*results); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("commit %s:\n\n%s", f.Commit, f.Table())
}

// measure starts three servers, fills them, and returns the rates of each command.
func measure(t *testing.T, bench string, mode Mode) (rates map[string]float64, version string) {
	t.Helper()
	servers := make([]*redis.Server, 3)
	for n := range servers {
		servers[n] = redis.Start(t, host, port+n, mode.Args...)
		defer servers[n].Kill()
	}
	master := servers[0].Client()
	defer master.Close()
	attach(t, master, servers[1:])
	run(t, bench, "-t", "set", "-n", strconv.Itoa(min(keys, *requests*fill)), "-r", strconv.Itoa(keys), "-d", strconv.Itoa(valueSize), "-P", "32")
	began := field(t, master, "persistence", "rdb_last_save_time") + field(t, master, "persistence", "rdb_saves")
	if mode.Saves {
		if err := master.BgSave(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	rates = run(t, bench, "-t", "set,get", "-n", strconv.Itoa(*requests), "-c", strconv.Itoa(parallel), "-r", strconv.Itoa(keys), "-d", strconv.Itoa(valueSize))
	if mode.Saves {
		redis.Eventually(t, time.Minute, "the end of the snapshot", func() bool {
			return field(t, master, "persistence", "rdb_bgsave_in_progress") == "0" &&
				field(t, master, "persistence", "rdb_last_save_time")+field(t, master, "persistence", "rdb_saves") != began
		})
	}
	checkMode(t, master, servers, mode)
	return rates, "Redis " + field(t, master, "server", "redis_version")
}

// attach lets the others follow the first, and waits until they are in sync.
func attach(t *testing.T, master *client.Client, replicas []*redis.Server) {
	t.Helper()
	for _, replica := range replicas {
		c := replica.Client()
		defer c.Close()
		if err := c.Do(t.Context(), "REPLICAOF", host, port).Err(); err != nil {
			t.Fatal(err)
		}
	}
	redis.Eventually(t, time.Minute, "two replicas in sync", func() bool {
		text := master.Info(t.Context(), "replication").Val()
		return strings.Count(text, "state=online") == len(replicas)
	})
}

// checkMode: the mode is what it is called, on all three.
func checkMode(t *testing.T, master *client.Client, servers []*redis.Server, mode Mode) {
	t.Helper()
	appends := strings.HasPrefix(mode.Name, "AOF")
	for _, s := range servers {
		c := s.Client()
		if got := field(t, c, "persistence", "aof_enabled") == "1"; got != appends {
			t.Errorf("%s: AOF is on: %t", mode.Name, got)
		}
		_ = c.Close()
	}
	if n := field(t, master, "replication", "connected_slaves"); n != "2" {
		t.Errorf("%s: %s replicas at the end", mode.Name, n)
	}
}

// run runs redis-benchmark against the master and returns its rates by command.
func run(t *testing.T, bench string, args ...string) map[string]float64 {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), bench, append([]string{"-h", host, "-p", strconv.Itoa(port), "--csv"}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	lines, err := csv.NewReader(strings.NewReader(string(out))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rates := map[string]float64{}
	for _, line := range lines[1:] {
		rate, err := strconv.ParseFloat(line[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		rates[line[0]] = rate
	}
	return rates
}

// field is one line of INFO.
func field(t *testing.T, c *client.Client, section, name string) string {
	t.Helper()
	text, err := c.Info(t.Context(), section).Result()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), name+":"); found {
			return value
		}
	}
	return ""
}

func commit(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown" // a tree without its history
	}
	return strings.TrimSpace(string(out))
}

// TestDocs: the table of docs/no-persistence.md is what the figures beside this file give.
// With -write both are made of -results.
func TestDocs(t *testing.T) {
	const kept = "figures.json"
	if *write {
		measured, err := Read(*results)
		if err != nil {
			t.Fatal(err)
		}
		if err := measured.Write(kept); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Read(kept)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Whole(); err != nil {
		t.Error(err)
	}
	page := filepath.FromSlash("../../docs/no-persistence.md")
	old, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	updated, err := clients.Between(string(old), "figures", "\n"+f.Table())
	switch {
	case err != nil:
		t.Fatal(err)
	case updated == string(old):
	case !*write:
		t.Error("the table of docs/no-persistence.md is not what figures.json gives: make persistence")
	default:
		if err := os.WriteFile(page, []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
