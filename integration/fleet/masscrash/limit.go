package main

import (
	"errors"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cgroup"
)

// limits are the cgroups of the service's processes, none without a limit.
type limits struct{ processors, memories []*cgroup.Group }

// enter makes a group of so many MiB, which a process begins in, and returns how it does.
func (l *limits) enter(memory int) (procs string, err error) {
	g, err := cgroup.NewMemory(int64(memory) << 20)
	if err != nil {
		return "", err
	}
	l.memories = append(l.memories, g)
	return g.Procs(), nil
}

// slow gives each of these processes so many thousandths of a processor, or what there is
// for 0.
func (l *limits) slow(pids []int, milli int) error {
	if milli == 0 {
		return nil
	}
	for _, pid := range pids {
		g, err := cgroup.NewCPU(milli)
		if err != nil {
			return err
		}
		l.processors = append(l.processors, g)
		if err := g.Add(pid); err != nil {
			return err
		}
	}
	return nil
}

// peak is the most memory that one of them held, in bytes, and an error if the kernel has
// killed one for it.
func (l *limits) peak() (most int64, err error) {
	for _, g := range l.memories {
		used, err := g.Peak()
		killed, err1 := g.Kills()
		if killed > 0 {
			err1 = errors.Join(err1, errors.New("the kernel has killed the service for its memory"))
		}
		if err := errors.Join(err, err1); err != nil {
			return most, err
		}
		most = max(most, used)
	}
	return most, nil
}

// remove takes the groups away, once the processes have ended.
func (l *limits) remove() (err error) {
	for _, g := range append(l.processors, l.memories...) {
		err = errors.Join(err, g.Remove())
	}
	return err
}
