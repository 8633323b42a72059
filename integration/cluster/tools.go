package cluster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// Values are a chart's values, as in a values file.
type Values map[string]any

// Helm runs helm with the admin's rights and returns what it prints. The error
// holds what helm said.
func (c *Access) Helm(ctx context.Context, args ...string) (string, error) {
	return c.run(ctx, "helm", args...)
}

// Kubectl runs kubectl with the admin's rights and returns what it prints. Where
// there is no kubelet to ask, logs, exec and port-forward do not work.
func (c *Access) Kubectl(ctx context.Context, args ...string) (string, error) {
	return c.run(ctx, "kubectl", args...)
}

// MustKubectl is Kubectl for a test that cannot go on without it.
func (c *Access) MustKubectl(t testing.TB, args ...string) string {
	t.Helper()
	out, err := c.Kubectl(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Shell runs a command line as a person types it at the root of this tree, with the admin's
// rights: kubectl and helm are on the PATH. It returns what the line prints.
func (c *Access) Shell(ctx context.Context, line string) (string, error) {
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Dir = c.Root
	cmd.Env = c.environment(filepath.Dir(c.Tools.Path("kubectl")) + string(os.PathListSeparator))
	return output(cmd, line)
}

func (c *Access) run(ctx context.Context, tool string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.Tools.Path(tool), args...)
	cmd.Env = c.environment("")
	return output(cmd, tool+" "+strings.Join(args, " "))
}

func (c *Access) environment(first string) []string {
	return []string{"PATH=" + first + os.Getenv("PATH"), "HOME=" + filepath.Join(c.Dir, "home"), "KUBECONFIG=" + c.Kubeconfig}
}

func output(cmd *exec.Cmd, what string) (string, error) {
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s", what, err, strings.TrimSpace(errOut.String()))
	}
	return out.String(), nil
}

// Install installs the chart redis-cache in a namespace, which is made if there is
// none, and returns without waiting for its pods. It returns the chart's notes.
func (c *Access) Install(t testing.TB, namespace, release string, values Values) string {
	t.Helper()
	return c.release(t, values, "install", release, c.Chart, "-n", namespace, "--create-namespace")
}

// Upgrade changes the values of an installed release to the given ones.
func (c *Access) Upgrade(t testing.TB, namespace, release string, values Values) string {
	t.Helper()
	return c.release(t, values, "upgrade", release, c.Chart, "-n", namespace)
}

// Uninstall removes a release and returns before its pods are gone.
func (c *Access) Uninstall(t testing.TB, namespace, release string) {
	t.Helper()
	c.mustHelm(t, "uninstall", release, "-n", namespace)
}

// release makes or changes one, with the cluster's own values below those that are given.
func (c *Access) release(t testing.TB, values Values, args ...string) string {
	t.Helper()
	for _, values := range []Values{c.Values, values} {
		file, err := WriteValues(t.TempDir(), values)
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, "-f", file)
	}
	return c.mustHelm(t, args...)
}

func (c *Access) mustHelm(t testing.TB, args ...string) string {
	t.Helper()
	out, err := c.Helm(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// WriteValues writes a values file into a folder and returns its path.
func WriteValues(dir string, values Values) (string, error) {
	text, err := yaml.Marshal(values)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "values.yaml")
	return path, os.WriteFile(path, text, 0o600)
}
