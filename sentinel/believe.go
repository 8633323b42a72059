package sentinel

import "time"

// How a record that was read, or heard of, becomes the truth.

// takeRecord takes a record over unless a newer one is known. Of a Lease that was
// deleted the epoch is kept: it must never fall.
func (m *Machine) takeRecord(r Record) {
	if r.Exists() && r.Seq < m.rec.Seq {
		return
	}
	m.believe(r)
}

// believe takes a record over as the truth, be it older than ours or none at all.
func (m *Machine) believe(r Record) {
	r.Epoch = max(r.Epoch, m.rec.Epoch)
	if r.Format < formatOfLags { // whoever wrote it kept what it did not know
		r.FenceMaxLag, r.TargetFenceMaxLag = 0, 0
	}
	m.forget(r)
	m.noteLeft(r)
	again := r.Phase == Stable && (m.rec.Phase != Stable || r.Epoch != m.rec.Epoch)
	if again || !r.Master.Same(m.rec.Master) {
		m.masterLineage, m.masterReplicas, m.masterSince, m.masterRead = Lineage{}, nil, m.now, when{}
	}
	if !r.Master.Same(m.rec.Master) {
		m.undone = retries{}
		for _, i := range m.instances { // what they refused was about another master
			i.asks, i.retryAt = retries{}, time.Time{}
		}
	}
	if !r.Target.Same(m.rec.Target) {
		m.targetSince = m.now
	}
	m.rec = r
	if !r.Lineage.alone() {
		m.heardID = ""
	}
	for _, i := range m.sorted() {
		m.noteMaster(i)
		m.noteHeard(i)
	}
}
