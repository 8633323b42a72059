package limits

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cgroup"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/clients"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/controlplane"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

var (
	full    = flag.Bool("full", false, "all limits, loads and versions")
	only    = flag.String("only", "", "of these only columns whose title has this, such as Valkey or 4Gi")
	within  = flag.Duration("within", 20*time.Second, "how long replicas have to get in sync, and a second for each 32 MB")
	results = flag.String("results", "", "file for the figures, JSON")
	write   = flag.Bool("write", false, "make the tables of docs/memory.md of -results")
)

// TestLimits: no sync kills anybody, whatever is written meanwhile; one that comes to nothing
// was cut by the limit of the output buffer.
func TestLimits(t *testing.T) {
	columns, cases := shortColumns(), []Load{{1, 1, 1000}, {20, 16, 1000}, {20, 16, 10_000}}
	if *full {
		columns, cases = Columns(), Loads()
	}
	f := Figures{Commit: commit(t), Within: *within}
	for _, c := range columns {
		if *only != "" && !strings.Contains(c.Title, *only) {
			continue
		}
		b := bench(t, c)
		for _, load := range cases {
			for _, replicas := range []int{1, 2} {
				r, err := b.Run(t.Context(), Case{Limit: c.Limit, Load: load, Replicas: replicas})
				if err != nil {
					t.Fatalf("%s, %s: %v", c.Title, load, err)
				}
				r.Column = c.Title
				t.Log(r)
				f.Results = append(f.Results, r)
				switch {
				case c.Dies && replicas > 1:
				case c.Dies != slices.Contains(r.Killed, "master"), !c.Dies && r.Killed != nil:
					t.Errorf("%s, %s, %d replicas: killed: %v", c.Title, load, replicas, r.Killed)
				case r.InSync == 0 && !c.Dies && r.Syncs <= int64(replicas) && *full:
					t.Errorf("%s, %s, %d replicas: not in sync, and nobody cut them", c.Title, load, replicas)
				}
			}
		}
		b.Close()
	}
	if *results != "" {
		if err := f.Write(*results); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("commit %s:\n%s", f.Commit, f.Tables())
}

// shortColumns: the smallest limit with the Redis that is installed, and the shares that the
// chart once had, which show that this can tell who is killed.
func shortColumns() []Column {
	return []Column{
		{Title: "128Mi", Program: "redis-server", Limit: "128Mi"},
		{Title: "128Mi, as it was", Program: "redis-server", Limit: "128Mi", Set: former, Dies: true},
	}
}

func bench(t *testing.T, c Column) *Bench {
	t.Helper()
	if err := cgroup.Possible("memory"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	folder, err := filepath.Abs("../../charts/redis-cache")
	if err != nil {
		t.Fatal(err)
	}
	server := programOf(t, c.Program)
	chart, err := Chart{Helm: controlplane.RequireTools(t).Path("helm"), Folder: folder, Set: c.Set}.For(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	b := &Bench{Program: server, Chart: chart, Dir: t.TempDir(), Within: *within, Hold: 2 * time.Second}
	t.Cleanup(b.Close)
	return b
}

// programOf finds the server of the PATH, or one of integration/versions.
func programOf(t *testing.T, name string) string {
	t.Helper()
	if name == "redis-server" {
		return redis.Binary(t, name)
	}
	out, err := exec.CommandContext(t.Context(), "sh", "../versions/install.sh", "--where").Output()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(strings.TrimSpace(string(out)), name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: make versions", err)
	}
	return path
}

func commit(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown" // a tree without its history
	}
	return strings.TrimSpace(string(out))
}

// TestDocs: the tables of docs/memory.md are what the figures beside this file give. With
// -write both are made of -results.
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
	page := filepath.FromSlash("../../docs/memory.md")
	old, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	updated, err := clients.Between(string(old), "limits", f.Tables())
	switch {
	case err != nil:
		t.Fatal(err)
	case updated == string(old):
	case !*write:
		t.Error("the tables of docs/memory.md are not what figures.json gives: make limits")
	default:
		if err := os.WriteFile(page, []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
