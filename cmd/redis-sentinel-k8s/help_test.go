package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestHelpCanBeFiltered: what was asked for goes to standard output.
func TestHelpCanBeFiltered(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = file
	err = run([]string{"--help"})
	os.Stdout = stdout
	if !errors.Is(err, pflag.ErrHelp) || file.Close() != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file.Name())
	if err != nil || !strings.Contains(string(text), "--api-grace") {
		t.Errorf("%v, and standard output has %q", err, text)
	}
}
