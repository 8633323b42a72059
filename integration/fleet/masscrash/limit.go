package main

import (
	"errors"
	"fmt"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cgroup"
)

// limits are the cgroups of the service's processes, none without a limit.
type limits struct{ processors, memories []*cgroup.Group }

// limit gives each of these processes so many thousandths of a processor and MiB, or what
// there is for 0.
func limit(pids []int, milli, memory int) (limits, error) {
	var l limits
	for _, pid := range pids {
		if milli > 0 {
			if err := into(&l.processors, pid, func() (*cgroup.Group, error) { return cgroup.NewCPU(milli) }); err != nil {
				return l, err
			}
		}
		if memory > 0 {
			if err := into(&l.memories, pid, func() (*cgroup.Group, error) { return cgroup.NewMemory(int64(memory) << 20) }); err != nil {
				return l, err
			}
		}
	}
	return l, nil
}

func into(all *[]*cgroup.Group, pid int, begin func() (*cgroup.Group, error)) error {
	g, err := begin()
	if err != nil {
		return err
	}
	*all = append(*all, g)
	return g.Add(pid)
}

// peak is the most memory that one of them used, in bytes, and an error if the kernel has
// killed one for it.
func (l limits) peak() (most int64, err error) {
	for _, g := range l.memories {
		used, err := g.Peak()
		killed, err1 := g.Kills()
		if killed > 0 {
			err1 = errors.Join(err1, fmt.Errorf("the kernel has killed the service for its memory"))
		}
		if err := errors.Join(err, err1); err != nil {
			return most, err
		}
		most = max(most, used)
	}
	return most, nil
}

// remove takes the groups away, once the processes have ended.
func (l limits) remove() (err error) {
	for _, g := range append(l.processors, l.memories...) {
		err = errors.Join(err, g.Remove())
	}
	return err
}
