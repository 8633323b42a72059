package cgroup

import (
	"errors"
	"strconv"
)

// NewMemory makes a group of at most so many bytes.
func NewMemory(limit int64) (*Group, error) {
	return newGroup("memory",
		[2]string{"memory.swappiness", "0"}, // a node of Kubernetes has no swap, or does not let pods use it
		[2]string{"memory.limit_in_bytes", strconv.FormatInt(limit, 10)})
}

// Kills is how many processes the kernel has killed in it for their memory.
func (g *Group) Kills() (int64, error) { return g.read("memory.oom_control", "oom_kill ") }

// Peak is the most that it ever used, in bytes, with what the kernel could have taken back.
func (g *Group) Peak() (int64, error) { return g.read("memory.max_usage_in_bytes", "") }

// Held is what it uses, in bytes, and the kernel cannot take back: all but the pages of
// files.
func (g *Group) Held() (int64, error) {
	used, err := g.read("memory.usage_in_bytes", "")
	active, err1 := g.read("memory.stat", "total_active_file ")
	inactive, err2 := g.read("memory.stat", "total_inactive_file ")
	return used - active - inactive, errors.Join(err, err1, err2)
}
