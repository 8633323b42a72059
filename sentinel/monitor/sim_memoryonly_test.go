package monitor_test

import "github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"

// Sets that keep nothing on their disks, and processes that find something there all the
// same: a copy of any age, of the same lineage.

// lossReason is what the record gives as the reason where nobody had the data any more.
const lossReason = "every process that held the data is gone"

// config is what is declared for the set. In some schedules a person is to be asked whether
// it may begin again, who comes when everything is healed.
func (w *world) config() sentinel.Config {
	config := sentinel.Defaults()
	config.MemoryOnly = w.plan.memoryOnly && w.mutant != "memory only"
	if w.plan.asks && !w.healed {
		config.OnTotalLoss = sentinel.ManualLoss
	}
	return config
}

// checkMemoryOnly: P9, when a new master is chosen.
func (w *world) checkMemoryOnly(next sentinel.Record, chosen, master *process) {
	if !w.plan.memoryOnly || chosen == nil || master == nil {
		return
	}
	if chosen.old {
		w.violate("P9", "%s is chosen with %d writes from its disk", chosen.pod.Name, len(chosen.data))
	}
	if chosen.joined || chosen.unfenced || len(master.data) == 0 {
		return
	}
	w.count("begun again, empty")
	if next.Reason != lossReason {
		w.violate("P9", "%s never had the data and is chosen because %s", chosen.pod.Name, next.Reason)
	}
	if w.plan.asks && !w.healed {
		w.violate("P9", "%s never had the data, and nobody was asked", chosen.pod.Name)
	}
}

// checkEmptied: P4. Nobody drops what is not from a disk alone.
func (w *world) checkEmptied(r *process) {
	w.count("emptied")
	if r.role == sentinel.RoleMaster || !r.old && len(r.data) > 0 {
		w.violate("P4", "%s, a %s, is told to drop %d writes that are not from its disk", r.pod.Name, r.role, len(r.data))
	}
}

// checkReadable: P9. Readers are sent to nobody who has but what is on its disk.
func (w *world) checkReadable(v *service, next *sentinel.View) {
	if !w.plan.memoryOnly {
		return
	}
	for _, replica := range next.Replicas {
		r := w.process(sentinel.Process{RunID: replica.RunID})
		if r != nil && r.up && r.old && !replica.SDown {
			w.violate("P9", "service %d tells of %s as a replica, which has %d writes from its disk", v.place, r.pod.Name, len(r.data))
		}
	}
}
