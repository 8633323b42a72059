package controlplane

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// ErrNoTools means that the binaries of the control plane were not built.
var ErrNoTools = errors.New("the test tools are missing: run make tools")

// Tools is the folder with the binaries that build.sh makes.
type Tools struct{ folder string }

var toolNames = []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "helm"}

// FindTools looks where build.sh puts the binaries for this state of the tree. It
// builds nothing; ErrNoTools when one of them is missing.
func FindTools() (Tools, error) {
	_, here, _, _ := runtime.Caller(0)
	script := filepath.Join(filepath.Dir(here), "build.sh")
	out, err := exec.Command("sh", script, "--where").Output()
	if err != nil {
		return Tools{}, fmt.Errorf("%w (build.sh --where: %w)", ErrNoTools, err)
	}
	tools := Tools{folder: strings.TrimSpace(string(out))}
	for _, name := range toolNames {
		if _, err := os.Stat(tools.Path(name)); err != nil {
			return Tools{}, fmt.Errorf("%w (%s is not in its folder)", ErrNoTools, name)
		}
	}
	return tools, nil
}

// Path returns the path of one binary, such as "kubectl" or "helm".
func (t Tools) Path(name string) string { return filepath.Join(t.folder, name) }

// RequireTools returns the tools or ends the test: it is skipped on a developer's
// computer and fails where CI=true, so that CI can not pass by testing nothing.
func RequireTools(t testing.TB) Tools {
	t.Helper()
	tools, err := FindTools()
	switch {
	case err == nil:
		return tools
	case os.Getenv("CI") == "true":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
	return Tools{}
}
