package sentinel

// What SENTINEL REMOVE and SENTINEL RESET make a Machine forget. Both touch what
// clients are told and nothing that a decision needs: who the master is, which
// process holds which data.

// Removed tells that clients are to be told nothing of this master.
func (m *Machine) Removed() bool { return m.rec.Removed }

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
