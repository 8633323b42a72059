package machine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// needed are the programs that nodes run or that kubelet, containerd and kube-proxy call.
var needed = []string{"runc", "iptables", "conntrack", "mount", "umount"}

// Possible says what a computer lacks to have machines on it; nil when nothing.
func Possible() error {
	if os.Geteuid() != 0 {
		return errors.New("real nodes need root, for namespaces, mounts and cgroups: run this with sudo")
	}
	var stat unix.Statfs_t
	if err := unix.Statfs(cgroupRoot, &stat); err != nil {
		return fmt.Errorf("real nodes need cgroups: %s: %w", cgroupRoot, err)
	}
	if stat.Type == unix.CGROUP2_SUPER_MAGIC {
		return errors.New("real nodes need cgroup v1 hierarchies, and this computer has v2 only: boot it with systemd.unified_cgroup_hierarchy=0")
	}
	own, err := hierarchies()
	if err != nil {
		return err
	}
	for _, controller := range []string{"memory", "cpu", "cpuset", "pids", "devices", "freezer"} {
		if !own.has(controller) {
			return fmt.Errorf("real nodes need the cgroup v1 controller %s, which is not mounted below %s", controller, cgroupRoot)
		}
	}
	var missing []error
	for _, program := range needed {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, fmt.Errorf("real nodes need %s: run integration/realnodes/install.sh", program))
		}
	}
	return errors.Join(missing...)
}
