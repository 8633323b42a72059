package main

import (
	"errors"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cgroup"
)

// limit gives each of these processes so many thousandths of a processor, or what there is
// for 0. What it returns takes the groups away, once the processes have ended.
func limit(pids []int, milli int) (free func() error, err error) {
	var groups []*cgroup.Group
	free = func() (err error) {
		for _, g := range groups {
			err = errors.Join(err, g.Remove())
		}
		return err
	}
	if milli == 0 {
		return free, nil
	}
	for _, pid := range pids {
		g, err := cgroup.NewCPU(milli)
		if err != nil {
			return free, err
		}
		groups = append(groups, g)
		if err := g.Add(pid); err != nil {
			return free, err
		}
	}
	return free, nil
}
