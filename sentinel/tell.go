package sentinel

import (
	"slices"
	"time"
)

// What is told of a state that lasts: a log line, an Event, and for refusals a write of the
// record. Where it changes to and fro, or its text does, that would never end.

const (
	// tellMost bounds what is told of such states of one set in a minute.
	tellMost = 12
	// sameMost bounds how often that is the same, told anew after something else.
	sameMost = 3
)

// telling is what was told in this term since a master served last.
type telling struct {
	last   Report
	lately []told // in the last minute, of any term
	// unwritten: a refusal was told that did not get into the record yet.
	unwritten bool
	// conditions that were told and hold still.
	conditions []Condition
}

type told struct {
	Report
	at   time.Time
	over bool // the incident in which it was told
}

// news tells whether to tell r, and notes that it is told. Two texts that take turns, as when
// now one witness speaks and now another, are told sameMost times a minute each.
func (t *telling) news(now time.Time, r Report) bool {
	r.Decision = nil
	if r == t.last || !t.room(now, r) {
		return false
	}
	t.last = r
	return true
}

// room tells whether r may be told beside what was told lately, and notes that it is.
func (t *telling) room(now time.Time, r Report) bool {
	t.lately = slices.DeleteFunc(t.lately, func(old told) bool { return now.Sub(old.at) >= time.Minute })
	if t.times(r) >= sameMost || len(t.lately) >= tellMost {
		return false
	}
	t.lately = append(t.lately, told{Report: r, at: now})
	return true
}

// times is how often r was told in the last minute of this incident.
func (t *telling) times(r Report) int {
	n := 0
	for _, old := range t.lately {
		if old.Report == r && !old.over {
			n++
		}
	}
	return n
}

// over: what comes next is told as if nothing had been told.
func (t *telling) over() {
	t.last = Report{}
	for n := range t.lately {
		t.lately[n].over = true
	}
}

func (m *Machine) report(r Report) { m.out = append(m.out, Order{Action: r}) }

// reportOnce tells what lasts when it is new.
func (m *Machine) reportOnce(r Report) bool {
	news := m.telling.news(m.now, r)
	if news {
		m.report(r)
	}
	return news
}

// refuse tells why nobody is promoted, to people and in the record, where every replica of
// the service finds the answer to "why?". What was told is not told again.
func (m *Machine) refuse(r Report, then func(*Machine)) {
	r.Message = cut(r.Message, mostText) // as the record has it
	if m.reportOnce(r) {
		m.telling.unwritten = true
	}
	if !m.telling.unwritten || !m.rec.Exists() || m.rec.Refusal != nil && m.rec.Refusal.Message == r.Message {
		then(m)
		return
	}
	next := m.rec
	next.Refusal = &Refusal{Reason: r.Reason, Message: r.Message, At: m.now, Decision: r.Decision}
	m.commit(next, func(m *Machine) {
		m.telling.unwritten = false
		then(m)
	})
}
