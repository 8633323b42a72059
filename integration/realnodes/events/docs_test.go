package events

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/clients"
)

var write = flag.Bool("write", false, "make the table of docs/real-nodes.md of -results")

// TestDocs: the tables of the pages are what the figures beside this file give, so that
// none of them is changed by hand. With -write both are written.
func TestDocs(t *testing.T) {
	t.Run("events", func(t *testing.T) { checkPage(t, "real-nodes.md", "figures.json", Events()) })
	t.Run("large", func(t *testing.T) { checkPage(t, "large-data.md", "large.json", LargeEvents()) })
}

func checkPage(t *testing.T, page, kept string, rows []Event) {
	t.Helper()
	if *write {
		measured, err := Read(*results)
		if err != nil {
			t.Fatal(err)
		}
		if missing := measured.Whole(rows); missing != nil {
			t.Logf("the page stays as it is: %v", missing)
		} else if err := measured.Write(kept); err != nil {
			t.Fatal(err)
		}
	}
	figures, err := Read(kept)
	if err != nil {
		t.Fatal(err)
	}
	if err := figures.Whole(rows); err != nil {
		t.Error(err)
	}
	path := filepath.Join("..", "..", "..", "docs", page)
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	updated, err := clients.Between(string(old), "events", "\n"+figures.Table(rows))
	switch {
	case err != nil:
		t.Fatal(err)
	case updated == string(old):
	case !*write:
		t.Errorf("the table of docs/%s is not what %s gives: make realnodes-docs", page, kept)
	default:
		if err := os.WriteFile(path, []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
