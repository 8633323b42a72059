package clients_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/clients"
)

var (
	languages = flag.String("clients.languages", strings.Join(clients.Languages, ","), "folders to run; with + between them they run together")
	only      = flag.String("clients.only", "", "run programs only whose name has this in it")
	sides     = flag.String("clients.sides", "service", "service, oracle or both, with a comma")
	full      = flag.Bool("clients.full", false, "the full form: more rounds, minutes of idleness")
	results   = flag.String("clients.results", "", "file that the outcomes are merged into; README's table is made of it")
)

// TestClients runs the matrix; see doc.go. What the service's side gets wrong fails.
func TestClients(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	folder, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	form := clients.Short
	if *full {
		form = clients.Full
	}
	raise := map[string]func(testing.TB, clients.Variant, string) *clients.Stage{
		"service": clients.RaiseService(binary(t), recommended(t)), "oracle": clients.RaiseOracle,
	}
	for together := range strings.SplitSeq(*languages, ",") {
		programs := load(t, folder, strings.Split(together, "+"))
		if len(programs) == 0 {
			continue
		}
		for side := range strings.SplitSeq(*sides, ",") {
			t.Run(together+"/"+side, func(t *testing.T) {
				run := clients.Run{Raise: raise[side], Programs: programs, Form: form, Folder: folder, Cache: cache(t, folder), Logs: os.Getenv("LOGS")}
				outcomes := run.Execute(t)
				if *results != "" {
					if err := clients.Merge(*results, side, outcomes); err != nil {
						t.Fatal(err)
					}
				}
				if side == "service" {
					judge(t, outcomes)
				}
			})
		}
	}
}

// recommended are the rules of the user that the chart's README recommends.
func recommended(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "charts", "redis-cache", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, user, found := strings.Cut(string(text), "\n    user app on >secret ")
	rules, _, _ := strings.Cut(user, "\n")
	if !found || rules == "" {
		t.Fatal("the chart's README recommends no user")
	}
	return rules
}

// load gives the programs of some languages that are installed.
func load(t *testing.T, folder string, languages []string) []clients.Program {
	t.Helper()
	all, err := clients.Load(folder, languages)
	if err != nil {
		t.Fatal(err)
	}
	var chosen []clients.Program
	for _, p := range all {
		if _, err := os.Stat(filepath.Join(cache(t, folder), p.Language)); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is not installed: make client-libraries", p.Language)
			}
			t.Logf("%s is not installed (make client-libraries): %s is left out", p.Language, p)
			continue
		}
		if strings.Contains(p.Name(), *only) {
			chosen = append(chosen, p)
		}
	}
	return chosen
}

// cache is where install.sh has put the libraries.
func cache(t *testing.T, folder string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), filepath.Join(folder, "install.sh"), "--where").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// binary copies the service as `make build` has made it, so that a build meanwhile
// changes nothing.
func binary(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "bin", "redis-sentinel-k8s"))
	if err != nil {
		t.Fatalf("%v: make build", err)
	}
	path := filepath.Join(t.TempDir(), "redis-sentinel-k8s")
	if err := os.WriteFile(path, text, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// judge fails for what went wrong with this service.
func judge(t *testing.T, outcomes []clients.Outcome) {
	t.Helper()
	for _, s := range clients.Summaries(outcomes) {
		if s.Fault != "" {
			t.Errorf("%s, %s: %s", s.Program, s.Scenario, s.Fault)
		}
	}
}
