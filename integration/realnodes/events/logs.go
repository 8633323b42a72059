package events

import (
	"context"
	"strings"
	"time"
)

// logLines are those of each container that are shown of a round that went wrong.
const logLines = "80"

// logs is what the set's containers have said since a moment, those before a restart included.
func (s *Stage) logs(ctx context.Context, since time.Time) string {
	var out strings.Builder
	for _, previous := range []string{"--previous=true", "--previous=false"} {
		for _, selector := range []string{"redis", "sentinel"} {
			text, err := s.Kubectl(ctx, "-n", s.Namespace, "logs", "-l", "app.kubernetes.io/component="+selector, "--prefix", "--timestamps",
				"--tail="+logLines, "--since-time="+since.UTC().Format(time.RFC3339), previous, "--ignore-errors")
			if err != nil && text == "" {
				continue // such as: nobody was restarted
			}
			out.WriteString(text)
		}
	}
	return out.String()
}
