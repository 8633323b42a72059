package command_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
)

// tooOld is a writer that a later version of the service has left nothing to write.
type tooOld struct{ command.Writer }

func (tooOld) Configure(context.Context, []sentinel.Setting) error {
	return fmt.Errorf("settings: %w", sentinel.Stored{Needs: sentinel.Format + 1}.TooNew())
}

// TestClientHearsOfALaterVersion: why a change is refused, and not only that.
func TestClientHearsOfALaterVersion(t *testing.T) {
	s := start(t, command.Options{Writer: tooOld{}, Log: logrus.New()})
	got := s.text(t, "SENTINEL", "CONFIG", "SET", "loglevel", "debug")
	if want := "ERR settings: this version of the service is too old for it"; !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
