package sentinel

import (
	"errors"
	"fmt"
	"time"
)

// A leader that is overtaken does nothing: a newer one wrote the record, or is connected to
// a process. Mostly it hears from its Lease within seconds that it does not lead. Where it
// does not, nobody acts for the set, as when a record came out of a backup whose term is
// higher than any that a leader has. Then somebody has to know.

// overtakenFor is how long it lasts before it is told.
const overtakenFor = 5 * time.Second

// overtaken: a leader of a newer term wrote the record, so this one does not lead any
// more, and has not heard of it yet. The connections of the newer one are not cut by
// ours, so what it has under way could meet whatever we did.
func (m *Machine) overtaken() bool { return m.rec.Term > m.term }

// noteOvertaken takes in that something was done, or that it was not for a newer leader.
func (m *Machine) noteOvertaken(err error) {
	switch {
	case err == nil:
		m.overtakenSince, m.overtakenBy = time.Time{}, ""
	case errors.Is(err, ErrOvertaken):
		m.overtakenBy = errText(err)
		if m.overtakenSince.IsZero() {
			m.overtakenSince = m.now
		}
	}
}

// tellOvertaken is called while it may be so.
func (m *Machine) tellOvertaken() {
	if m.overtaken() {
		m.noteOvertaken(fmt.Errorf("%w: it wrote the record in term %d, and this one's is %d", ErrOvertaken, m.rec.Term, m.term))
	}
	if m.overtakenSince.IsZero() || m.now.Before(m.overtakenSince.Add(overtakenFor)) {
		return
	}
	m.reportOnce(Report{
		Pod: m.rec.Master.Pod, Warning: true, Reason: "LeaderOvertaken",
		Message: m.overtakenBy + ", and this one holds the Lease all the same: delete its pod, the next leader's term is higher",
	})
}
