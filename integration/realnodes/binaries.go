package realnodes

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// ErrNoBinaries means that what a node runs was not built.
var ErrNoBinaries = errors.New("the programs of real nodes are missing: run make node-tools")

// Binaries is the folder with what binaries/build.sh makes.
type Binaries struct{ folder string }

// FindBinaries looks where build.sh puts the programs for this state of the tree. It
// builds nothing; ErrNoBinaries when one of them is missing.
func FindBinaries() (Binaries, error) {
	out, err := exec.Command("sh", filepath.Join(here(), "binaries", "build.sh"), "--where").Output()
	if err != nil {
		return Binaries{}, fmt.Errorf("%w (build.sh --where: %w)", ErrNoBinaries, err)
	}
	b := Binaries{folder: strings.TrimSpace(string(out))}
	for _, name := range []string{Kubelet, KubeProxy, Containerd, "containerd-shim-runc-v2", "ctr", "coredns", "pause"} {
		if _, err := os.Stat(b.Path(name)); err != nil {
			return Binaries{}, fmt.Errorf("%w (%s is not in its folder)", ErrNoBinaries, name)
		}
	}
	return b, nil
}

// Path returns the path of one program, such as "kubelet".
func (b Binaries) Path(name string) string { return filepath.Join(b.folder, name) }

// here is the folder of this package.
func here() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}
