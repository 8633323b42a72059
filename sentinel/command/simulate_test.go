package command_test

import (
	"context"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
)

// asked is a writer that keeps what it was asked for.
type asked struct {
	command.Writer
	value string
}

func (a *asked) Configure(_ context.Context, settings []sentinel.Setting) error {
	a.value = settings[0].Value
	return nil
}

// TestSimulateFailure: the service's own points are words only where commands that
// end the process are allowed.
func TestSimulateFailure(t *testing.T) {
	const unknown = "ERR Unknown failure simulation specified"
	for _, test := range []struct {
		word    string
		allowed bool
		want    string
		kept    string
	}{
		{"Crash-After-Commit-Failing", true, "OK", "crash-after-commit-failing"},
		{"crash-after-election", true, "OK", "crash-after-election"},
		{"none", true, "OK", "none"},
		{"crash-after-lunch", true, unknown, ""},
		{"crash-after-commit-failing", false, unknown, ""},
		{"none", false, unknown, ""},
	} {
		writer := &asked{}
		s := start(t, command.Options{DebugCommands: test.allowed, Writer: writer, Log: logrus.New()})
		if have := s.text(t, "SENTINEL", "SIMULATE-FAILURE", test.word); have != test.want || writer.value != test.kept {
			t.Errorf("%s (allowed: %v): %q and kept %q, want %q and %q", test.word, test.allowed, have, writer.value, test.want, test.kept)
		}
	}
}
