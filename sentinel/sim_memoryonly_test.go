package sentinel

// Sets that keep nothing on their disks, and processes that find something there all the
// same: a copy of any age, of the same lineage.

// lossReason is what the record gives as the reason where nobody had the data any more.
const lossReason = "every process that held the data is gone"

// declareMemoryOnly makes the set of this schedule such a one. In some, a person is to be
// asked whether it may begin again.
func (s *sim) declareMemoryOnly() {
	s.config.MemoryOnly = true
	if s.chance(0.3) {
		s.config.OnTotalLoss = ManualLoss
	}
}

// acceptLoss is the person, who comes when everything is healed.
func (s *sim) acceptLoss() {
	s.config.OnTotalLoss = AcceptLoss
	s.podsChanged()
}

// checkMemoryOnly: P9, when a new master is chosen.
func (s *sim) checkMemoryOnly(next Record, chosen, master *server) {
	if !s.config.MemoryOnly {
		return
	}
	if chosen.old {
		s.violate("P9", "%s is chosen with %d writes from its disk", chosen.pod.Name, len(chosen.data))
	}
	if chosen.joined || chosen.unfenced || len(master.data) == 0 {
		return
	}
	s.count("begun again, empty")
	if next.Reason != lossReason {
		s.violate("P9", "%s never had the data and is chosen because %s", chosen.pod.Name, next.Reason)
	}
	if s.config.OnTotalLoss == ManualLoss {
		s.violate("P9", "%s never had the data, and nobody was asked", chosen.pod.Name)
	}
}

// checkEmptied: P4. Nobody drops what is not from a disk alone.
func (s *sim) checkEmptied(r *server) {
	s.count("emptied")
	if r.role == RoleMaster || !r.old && len(r.data) > 0 {
		s.violate("P4", "%s, a %s, is told to drop %d writes that are not from its disk", r.pod.Name, r.role, len(r.data))
	}
}

// checkReadable: P9. Readers are sent to nobody who has but what is on its disk.
func (s *sim) checkReadable(v *service, next *View) {
	if !s.config.MemoryOnly || next == nil {
		return
	}
	for _, replica := range next.Replicas {
		r := s.process(Process{RunID: replica.RunID})
		if r != nil && r.up && r.old && !replica.SDown {
			s.violate("P9", "%s tells of %s as a replica, which has %d writes from its disk", v.name, r.pod.Name, len(r.data))
		}
	}
}
