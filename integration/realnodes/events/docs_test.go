package events

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/clients"
)

var write = flag.Bool("write", false, "make the table of docs/real-nodes.md of -results")

// TestDocs: the table of docs/real-nodes.md is what the figures beside this file give, so
// that none of them is changed by hand. With -write both are written.
func TestDocs(t *testing.T) {
	const kept = "figures.json"
	if *write {
		measured, err := Read(*results)
		if err != nil {
			t.Fatal(err)
		}
		if missing := measured.Whole(); missing != nil {
			t.Logf("the page stays as it is: %v", missing)
		} else if err := measured.Write(kept); err != nil {
			t.Fatal(err)
		}
	}
	figures, err := Read(kept)
	if err != nil {
		t.Fatal(err)
	}
	if err := figures.Whole(); err != nil {
		t.Error(err)
	}
	page := filepath.FromSlash("../../../docs/real-nodes.md")
	old, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	updated, err := clients.Between(string(old), "events", "\n"+figures.Table())
	switch {
	case err != nil:
		t.Fatal(err)
	case updated == string(old):
	case !*write:
		t.Error("the table of docs/real-nodes.md is not what figures.json gives: make realnodes-docs")
	default:
		if err := os.WriteFile(page, []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
