package sentinel

// What SENTINEL REMOVE and SENTINEL RESET make a Machine forget. Both touch what
// clients are told and nothing that a decision needs: who the master is, which
// process holds which data.

// Removed tells that SENTINEL REMOVE was asked for.
func (m *Machine) Removed() bool { return m.rec.Removed }

// Hidden tells that clients are to be told nothing of this master: it was removed, or another
// service manages the set, whose answers may be others.
func (m *Machine) Hidden() bool { return m.rec.Removed || m.set.Rival != "" }

// forget is called with the record that is about to be believed. After a reset the
// replicas are learnt anew, with new ages.
func (m *Machine) forget(next Record) {
	if !m.rec.Exists() || next.Resets <= m.rec.Resets {
		return
	}
	for _, i := range m.instances {
		i.listed = false
		i.vitals = NewVitals(m.now)
	}
}
