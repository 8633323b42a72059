package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/clients"
)

var (
	write   = flag.Bool("bench.write", false, "make README's table and picture of -bench.results")
	results = flag.String("bench.results", "", "what `make bench` has measured, JSON")
)

// TestReadme: README's table and the picture are what the figures beside this file
// give, so that none of them is changed by hand. With -bench.write all are written.
func TestReadme(t *testing.T) {
	if *write {
		measured, err := read(*results)
		if err != nil {
			t.Fatal(err)
		}
		if !measured.forReadme() {
			t.Log("only a part was measured: README stays as it is")
		} else if err := measured.write(figures); err != nil {
			t.Fatal(err)
		}
	}
	r, err := read(figures + ".json")
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := os.ReadFile(figures + ".svg")
	if err != nil {
		t.Fatal(err)
	}
	if string(drawn) != picture(r.Curves) {
		t.Errorf("%s.svg is not drawn from %s.json: make bench-readme", figures, figures)
	}
	document := filepath.FromSlash("../../README.md")
	old, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	updated, err := clients.Between(string(old), "bench", r.readme())
	switch {
	case err != nil:
		t.Fatal(err)
	case updated == string(old):
	case !*write:
		t.Errorf("README's table of figures is not what %s.json gives: make bench-readme", figures)
	default:
		if err := os.WriteFile(document, []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
