package redis

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// Image names the official image that has the program of this path, by what it says of
// itself: the chart derives from that what the program understands.
func Image(ctx context.Context, program string) (repository, tag string, err error) {
	out, err := exec.CommandContext(ctx, program, "--version").Output()
	if err != nil {
		return "", "", fmt.Errorf("%s --version: %w", program, err)
	}
	// Redis server v=7.0.15 sha=..., Valkey server v=8.1.1 sha=...
	name, rest, _ := strings.Cut(string(out), " server v=")
	version, _, found := strings.Cut(rest, " ")
	repository = map[string]string{"Redis": "redis", "Valkey": "valkey/valkey"}[name]
	if !found || repository == "" {
		return "", "", fmt.Errorf("%s --version says %q", program, out)
	}
	return repository, version + "-alpine", nil
}
