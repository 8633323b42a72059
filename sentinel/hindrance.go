package sentinel

import (
	"fmt"
	"strings"
	"time"
)

// A set without a master, and what stands in the way in words of the cause: a wrong password,
// pods that are missing. A choice that was refused has its reason with its candidates
// (refuse); this is about those that never got so far as to be candidates.

// hinderedFor is how long a set is without a master before that is told: longer than a
// failover takes, or than a first start waits for all pods.
const hinderedFor = 15 * time.Second

// The reasons.
const (
	// NoMaster: the set has none.
	NoMaster = "NoMaster"
	// MasterNotReached: it has one, which this service cannot ask.
	MasterNotReached = "MasterNotReached"
)

type hindered struct {
	since        time.Time // zero while a master serves
	reason, text string
	told         string // of this incident, in this term
	toldAt       time.Time
	news         bool // somebody else than a refusal has to tell it
}

// Hindrance is what stands in the way of a master now, "" while there is one.
func (m *Machine) Hindrance() string {
	if m.set.Rival != "" {
		return m.set.Rival
	}
	if m.rec.Removed {
		return "nothing is done for it, as SENTINEL REMOVE asked for: SENTINEL RESET takes it back"
	}
	return m.hindered.text
}

func (m *Machine) noteHindrance() {
	reason := m.withoutMaster()
	if reason == "" {
		m.hindered = hindered{}
		return
	}
	if m.hindered.since.IsZero() || m.hindered.reason != reason {
		m.hindered = hindered{since: m.now, reason: reason}
	}
	m.hindered.text, m.hindered.news = m.inTheWay(reason)
}

// withoutMaster is NoMaster or MasterNotReached, "" for neither.
func (m *Machine) withoutMaster() string {
	i := m.master()
	switch {
	case !m.hasSet || m.Hidden() || m.rec.TooNew() != nil:
		return ""
	case m.firstStart(), m.masterGone():
		return NoMaster
	case i.link == LinkSilent && i.why != "": // of one that is only silent others are told
		return MasterNotReached
	}
	return ""
}

// inTheWay names what keeps each pod from being master, and tells whether there is anything
// beside the refusal of a choice.
func (m *Machine) inTheWay(reason string) (text string, news bool) {
	var causes []string
	pods := map[string][]string{}
	up, here := 0, 0
	for _, i := range m.sorted() {
		if !m.doomed(i) {
			here++
		}
		cause := i.hindrance()
		if cause == "" {
			up++
			continue
		}
		if pods[cause] == nil {
			causes = append(causes, cause)
		}
		pods[cause] = append(pods[cause], i.pod.Name)
	}
	text = m.name + " has no master"
	if reason == MasterNotReached {
		text = fmt.Sprintf("%s, the master of %s, is not reached", m.rec.Master.Pod, m.name)
	}
	var parts []string
	if m.set.Size == 0 {
		parts = append(parts, "its StatefulSet wants no pods")
	}
	if here < m.set.Size {
		parts = append(parts, fmt.Sprintf("%d of %d pods are missing", m.set.Size-here, m.set.Size))
	}
	for _, cause := range causes {
		parts = append(parts, strings.Join(pods[cause], ", ")+": "+cause)
	}
	if up > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d answer", up, max(up, m.set.Size)))
	}
	if r := m.rec.Refusal; r != nil && len(causes) == 0 {
		parts = append(parts, r.Message)
	}
	return cut(text+": "+strings.Join(parts, "; "), mostText), here < m.set.Size || len(causes) > 0
}

// hindrance is why it is no candidate, "" for one that answers and has loaded.
func (i *instance) hindrance() string {
	switch {
	case i.pod.Ended:
		return "its containers have ended"
	case i.up() && i.snapshot.Loading:
		return "loading"
	case i.up():
		return ""
	case i.pod.Waits != "": // the cause of what follows
		return i.pod.Waits
	case i.pod.Addr.IsZero():
		return "it has no address"
	case i.why != "":
		return i.why
	case i.link == LinkGone:
		return "nobody listens at its address"
	case i.link == LinkSilent:
		return "it does not answer"
	}
	return "not reached yet"
}

// tellHindrance tells what lasts: once, and again when it is something else, once a minute. What
// is being done about it right now is told by what comes of that.
func (m *Machine) tellHindrance() {
	h := &m.hindered
	if h.told != "" && m.now.Before(h.toldAt.Add(time.Minute)) {
		return
	}
	if h.since.IsZero() || h.text == h.told || !h.news || m.Busy() || m.overtaken() || m.now.Before(h.since.Add(hinderedFor)) {
		return
	}
	h.told, h.toldAt = h.text, m.now
	m.report(Report{Warning: true, Reason: h.reason, Message: h.text})
}
