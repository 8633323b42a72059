package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/machine"
)

const patience = 5 * time.Minute

// TestPrintedLines runs `make cluster`'s program as a person does, pastes every line that it
// prints into another shell, and ends it with Ctrl-C.
func TestPrintedLines(t *testing.T) {
	if err := machine.Possible(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	binary := filepath.Join(t.TempDir(), "cluster")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), binary) // and a test that fails leaves no cluster behind
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var wrong bytes.Buffer
	cmd.Stderr = &wrong
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	lines := printed(out)
	guide := until(t, lines, "Ctrl-C ends everything", &wrong)
	paste(t, guide, lines)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("%v\n%s", err, wrong.String())
		}
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		t.Fatal("Ctrl-C does not end it")
	}
	folder := filepath.Dir(strings.Fields(strings.SplitAfter(guide, "KUBECONFIG=")[1])[0])
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("%s is left behind: %v", folder, err)
	}
}

func printed(out io.Reader) <-chan string {
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	return lines
}

// until returns what was printed up to a line with a text.
func until(t *testing.T, lines <-chan string, text string, wrong fmt.Stringer) string {
	t.Helper()
	var all strings.Builder
	for deadline := time.After(patience); ; {
		select {
		case line, more := <-lines:
			if !more {
				t.Fatalf("it ended:\n%s\n%s", all.String(), wrong)
			}
			all.WriteString(line + "\n")
			if strings.Contains(line, text) {
				return all.String()
			}
		case <-deadline:
			t.Fatalf("it does not say %q:\n%s", text, all.String())
		}
	}
}

// paste runs all lines that are set in, one after the other, and waits for the end of each
// order to a node. The first one sets the environment of all.
func paste(t *testing.T, guide string, lines <-chan string) {
	t.Helper()
	var environment string
	pasted := 0
	for line := range strings.Lines(guide) {
		command, found := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "  ")
		if !found || strings.HasPrefix(command, " ") {
			continue
		}
		if environment == "" {
			environment = command
		}
		pasted++
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		out, err := exec.CommandContext(ctx, "sh", "-ec", environment+"\n"+command).CombinedOutput()
		cancel()
		t.Logf("$ %s\n%s", command, out)
		if err != nil {
			t.Errorf("%s: %v", command, err)
		}
		if order, isOrder := strings.CutPrefix(command, "echo "); isOrder {
			what, _, _ := strings.Cut(order, " >")
			until(t, lines, "done: "+what, new(bytes.Buffer))
		}
	}
	if want := 3 + 5 + len(orderNames); pasted < want {
		t.Errorf("%d lines to paste, want at least %d:\n%s", pasted, want, guide)
	}
}
