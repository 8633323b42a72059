package realnodes

import (
	"io/fs"
	"os"
	"strings"
)

// Logs are the files that tell what happened in a cluster: what the control plane, the
// programs of the nodes and the containers have written.
func Logs(dir string) fs.FS { return logs{os.DirFS(dir)} }

type logs struct{ fs.FS }

// ReadDir leaves out everything but logs and folders that may hold some.
func (l logs) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(l.FS, name)
	var kept []fs.DirEntry
	for _, entry := range entries {
		if entry.Type().IsRegular() && strings.HasSuffix(entry.Name(), ".log") || entry.IsDir() && !bulky[entry.Name()] {
			kept = append(kept, entry)
		}
	}
	return kept, err
}

// bulky folders hold what programs keep and people do not read.
var bulky = map[string]bool{"containerd": true, "kubelet": true, "etcd": true, "container-logs": true, "cni-state": true, "shadows": true}
