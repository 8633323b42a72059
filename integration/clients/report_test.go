package clients_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/clients"
)

var write = flag.Bool("clients.write", false, "write README's snippets, and its table from -clients.results")

const readme = "../../README.md"

// everything is all programs, installed or not.
func everything(t *testing.T) []clients.Program {
	t.Helper()
	programs, err := clients.Load(".", strings.Split(strings.Join(clients.Languages, "+"), "+"))
	if err != nil {
		t.Fatal(err)
	}
	return programs
}

// TestReadmeShowsThePrograms: what README calls a tested snippet is the tested program.
func TestReadmeShowsThePrograms(t *testing.T) {
	snippets, err := clients.Snippets(".", everything(t))
	if err != nil {
		t.Fatal(err)
	}
	replace(t, "snippets", snippets)
}

// TestReadmeTable: README's table has a line for each program, and no other. With
// -clients.write it is made of the results first.
func TestReadmeTable(t *testing.T) {
	programs := everything(t)
	if *write {
		writeTable(t, programs)
	}
	text, err := os.ReadFile(filepath.FromSlash(readme))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "<!-- clients -->")
	table, _, _ = strings.Cut(table, "<!-- end of clients -->")
	if got, want := strings.Count(table, "\n| "), len(programs)+2; got != want { // its head, and the line below
		t.Errorf("README's table of clients has %d lines, want %d: make clients", got, want)
	}
	for _, p := range programs {
		if !strings.Contains(table, "| "+p.String()+" |") {
			t.Errorf("README's table of clients lacks %s: make clients", p)
		}
	}
}

func writeTable(t *testing.T, programs []clients.Program) {
	t.Helper()
	measured, err := clients.Read(*results)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, side := range []struct{ name, title string }{{clients.OurSide, "This service"}, {clients.OracleSide, "Real Sentinels"}} {
		passed, all, crash, planned := clients.Count(programs, measured[side.name])
		fmt.Fprintf(&text, "* %s: %d of %d passed; from `+switch-master` to a client's next acknowledged write, median and worst of %d programs: crash %s, %s; switchover %s, %s.\n",
			side.title, passed, all, len(measured[side.name]), clients.Rounded(crash[0]), clients.Rounded(crash[1]), clients.Rounded(planned[0]), clients.Rounded(planned[1]))
	}
	fmt.Fprintf(&text, "\n<details><summary>The matrix</summary>\n\n%s\n</details>\n", clients.Table(programs, measured))
	replace(t, "clients", text.String())
}

// replace compares a part of README, or writes it.
func replace(t *testing.T, mark, text string) {
	t.Helper()
	old, err := os.ReadFile(filepath.FromSlash(readme))
	if err != nil {
		t.Fatal(err)
	}
	updated, err := clients.Between(string(old), mark, text)
	switch {
	case err != nil:
		t.Fatal(err)
	case updated == string(old):
	case !*write:
		t.Errorf("README's part %q is not what the programs are: make client-readme", mark)
	default:
		if err := os.WriteFile(filepath.FromSlash(readme), []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
