package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Logs returns what a container of a pod has written so far, over all its restarts.
func (c *Cluster) Logs(t testing.TB, namespace, pod, container string) string {
	t.Helper()
	dir, err := c.Agent.LogDir(namespace, pod, container)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
