package printed

import (
	"context"
	"strings"
	"testing"
)

// people are the users of the Sentinel port that the chart's README suggests.
func people(t *testing.T) string {
	t.Helper()
	var lines []string
	for _, c := range commandsOf(t, "charts/redis-cache/README.md") {
		if c.Section == "Passwords and users" && strings.HasPrefix(c.Text, "user ") {
			lines = append(lines, c.Text)
		}
	}
	if len(lines) < 2 {
		t.Fatalf("the README's users: %q", lines)
	}
	return strings.Join(lines, "\n") + "\n"
}

// asUser asks the closed Sentinel port from a server's container, with the certificate that
// is there, as the README's user.
func (s *set) asUser(ctx context.Context, pod string) (string, error) {
	const files = "/etc/redis/tls/"
	return s.Kubectl(ctx, "-n", s.Namespace, "exec", pod, "-c", "redis", "--", "env", "-u", "REDISCLI_AUTH",
		"redis-cli", "--tls", "--cacert", files+"ca.crt", "--cert", files+"tls.crt", "--key", files+"tls.key", "--no-auth-warning",
		"-h", "dev-redis-cache-sentinel", "-p", "26379", "--user", "app", "--pass", "secret",
		"sentinel", "get-master-addr-by-name", "mymaster")
}
