package sentinel

// A record outlives its set where nobody deletes it: a release is uninstalled and installed
// again, and what was decided for the last life would hold in the next one. Its master would
// be missed, its loss told or waited for, and what SENTINEL REMOVE and SET asked for obeyed. A
// StatefulSet that is made anew has another UID; but it is the same set all the same if pods
// of the former one live on (kubectl delete --cascade=orphan). So a set begins anew when its
// StatefulSet is another one than the record's and no process lives that the record names. The
// epoch goes on, since it must never fall.
//
// Records of before have no StatefulSet. Such a one goes on, and has one with its next write.

// Owner names a StatefulSet.
type Owner struct {
	Name string `json:"name"`
	UID  string `json:"uid"`
}

func (m *Machine) owner() Owner { return Owner{m.set.Owner, m.set.OwnerUID} }

// anew: the record is about a former life of the set.
func (m *Machine) anew() bool {
	if m.rec.Owner.UID == "" || m.set.OwnerUID == "" || m.rec.Owner.UID == m.set.OwnerUID {
		return false
	}
	for _, p := range []Process{m.rec.Master, m.rec.Target, m.rec.Former} {
		if p.UID != "" && !m.gone(p) {
			return false
		}
	}
	return true
}

func (m *Machine) beginAnew() bool {
	m.start("the StatefulSet was made anew")
	m.gather(inspect, (*Machine).forgetLife)
	return true
}

// forgetLife writes a record that names nobody, if a live reading confirms that it is over.
func (m *Machine) forgetLife() {
	if !m.confirmed((*Machine).forgetLife) {
		return
	}
	if !m.anew() {
		m.dropInVain()
		return
	}
	m.report(Report{
		Reason:  "SetMadeAnew",
		Message: "StatefulSet " + m.set.Owner + " was made anew, and no process lives that the record names: the set begins anew, without what was decided and changed for the former one",
	})
	m.loss = loss{}
	m.telling.over()
	m.commit(Record{
		Stored: m.rec.Stored, Seq: m.rec.Seq, Epoch: m.rec.Epoch, Phase: Promoting, Owner: m.owner(),
		Sets: m.rec.Sets, Resets: m.rec.Resets, // which subscribers compare
	}, func(m *Machine) { m.drop(0) })
}

// firstStart: nobody was master yet, in this life of the set.
func (m *Machine) firstStart() bool { return !m.rec.Exists() || m.rec.nobody() }

// nobody: it names no process, as at the beginning of another life.
func (r Record) nobody() bool { return r.Master.UID == "" && r.Target.UID == "" }

// ownerOf is the StatefulSet of a record that is about to be written: the one that there is
// now if the record's master, or the one that is to be it, will stay in it.
func (m *Machine) ownerOf(next Record) Owner {
	if m.set.OwnerUID == "" || next.Owner.UID == m.set.OwnerUID {
		return next.Owner
	}
	for _, p := range []Process{next.Master, next.Target} {
		if i := m.instances[p.UID]; i != nil && i.is(p) && !i.pod.Doomed() {
			return m.owner()
		}
	}
	return next.Owner
}

// keepOwner notes the StatefulSet in a record that has none, or that of a former one.
func (m *Machine) keepOwner() bool {
	if m.ownerOf(m.rec).UID == m.rec.Owner.UID {
		return false
	}
	m.start("the set belongs to StatefulSet " + m.set.Owner)
	m.commit(m.rec, func(m *Machine) { m.drop(0) })
	return true
}
