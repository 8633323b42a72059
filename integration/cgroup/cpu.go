package cgroup

import "strconv"

// The kubelet's --cpu-cfs-quota-period, by its default.
const periodMicros = 100_000

// NewCPU makes a group of so many thousandths of a processor, 10 or more, in the periods
// that a kubelet gives it.
func NewCPU(milli int) (*Group, error) {
	return newGroup("cpu",
		[2]string{"cpu.cfs_period_us", strconv.Itoa(periodMicros)},
		[2]string{"cpu.cfs_quota_us", strconv.Itoa(milli * periodMicros / 1000)})
}

// Throttled is in how many periods it had to wait for the next one.
func (g *Group) Throttled() (int64, error) { return g.read("cpu.stat", "nr_throttled ") }
