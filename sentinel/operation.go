package sentinel

import "time"

// The waits of an operation. They bound how long a silent Redis or API server can
// hold one step up; none of them is ever waited out when all answer.
const (
	gatherWithin  = 500 * time.Millisecond // one silent replica may cost this much of a failover
	commitWithin  = 10 * time.Second
	commandWithin = 2 * time.Second
	retryEvery    = time.Second
	pauseFor      = 3 * time.Second // CLIENT PAUSE: writes resume by themselves after it
	catchUpWithin = 2 * time.Second
	coldStartWait = 10 * time.Second // for pods that are still to come
)

// operation is a sequence of steps towards another master. Each step sends orders
// and names what comes when all were answered, or when the time is up.
type operation struct {
	reason   string
	began    time.Time
	waiting  map[uint64]string // order -> pod UID, "" for the API server
	outcome  map[string]Done   // of this step, by pod UID
	read     map[string]Done   // all readings of this operation, by pod UID
	deadline time.Time
	then     func(*Machine)
	target   Process
	// goal is the offset at which the paused master stands still.
	goal int64
}

func (o *operation) ready(now time.Time) bool {
	return o.then != nil && (len(o.waiting) == 0 || !now.Before(o.deadline))
}

func (m *Machine) start(reason string) *operation {
	m.op = &operation{reason: reason, began: m.now, read: map[string]Done{}}
	return m.op
}

// step sends the orders of one step of the operation.
func (m *Machine) step(within time.Duration, then func(*Machine), actions ...Action) {
	m.op.waiting = make(map[uint64]string, len(actions))
	m.op.outcome = make(map[string]Done, len(actions))
	m.op.deadline = m.now.Add(within)
	m.op.then = then
	for _, a := range actions {
		m.op.waiting[m.send(a)] = subject(a)
	}
}

// again waits before it takes a step once more.
func (m *Machine) again(after time.Duration, then func(*Machine)) {
	m.op.waiting = map[uint64]string{0: ""}
	m.op.deadline = m.now.Add(after)
	m.op.then = then
}

// patience is how long to wait before a refused operation is tried again: short
// at first, while pods come and go, then sparing the API server.
func (m *Machine) patience() time.Duration {
	if m.now.Before(m.lostSince().Add(coldStartWait)) {
		return retryEvery / 5
	}
	return 2 * retryEvery
}

// lostSince is when we first found nobody to promote.
func (m *Machine) lostSince() time.Time {
	if m.firstUp.IsZero() {
		m.firstUp = m.now
	}
	return m.firstUp
}

// drop ends the operation; the next look at the world decides what comes next.
func (m *Machine) drop(pause time.Duration) {
	m.op = nil
	m.pauseUntil = m.now.Add(pause)
}

// subject is the pod UID that an action is for, "" for the API server.
func subject(a Action) string {
	switch a := a.(type) {
	case Inspect:
		return a.Process.UID
	case Freeze:
		return a.Process.UID
	case Pause:
		return a.Process.UID
	case AwaitOffset:
		return a.Process.UID
	case Demote:
		return a.Process.UID
	case Promote:
		return a.Process.UID
	}
	return ""
}

// gather reads everything directly and live: the record, the pods, every Redis
// that can be reached. how is inspect or freeze.
func (m *Machine) gather(how func(*instance) Action, then func(*Machine)) {
	actions := []Action{ReadBack{}}
	for _, i := range m.sorted() {
		if i.up() {
			actions = append(actions, how(i))
		}
	}
	m.step(gatherWithin, then, actions...)
}

// freeze stops a process where it stands; one that is fenced already is only read.
func freeze(i *instance) Action {
	if i.snapshot.Fenced() {
		return inspect(i)
	}
	return Freeze{Process: i.process()}
}

func inspect(i *instance) Action { return Inspect{Process: i.process()} }

// confirmed takes over what the live reading told. False means that the operation
// is over, or waits: the API server did not answer, or the record is another one.
func (m *Machine) confirmed(retry func(*Machine)) bool {
	live, ok := m.op.outcome[""]
	switch {
	case !ok || live.Err != nil:
		m.reportOnce(Report{Warning: true, Reason: "KubernetesUnreachable",
			Message: "nobody is promoted while the record cannot be read: " + errText(live.Err)})
		m.again(retryEvery, func(m *Machine) { m.step(commitWithin, retry, ReadBack{}) })
		return false
	case live.Record.Seq != m.rec.Seq || live.Record.Phase != m.rec.Phase:
		m.believe(*live.Record)
		m.drop(0)
		return false
	}
	m.rec.Version = live.Record.Version
	m.set.Pods = live.Pods
	m.takePods(live.Pods)
	return true
}

func errText(err error) string {
	if err == nil {
		return "no answer in time"
	}
	return err.Error()
}

// commit writes the record and goes on with then once it is written.
func (m *Machine) commit(next Record, then func(*Machine), also ...Action) {
	next.Term, next.Since, next.Reason = m.term, m.now, m.op.reason
	m.step(commitWithin, func(m *Machine) { m.committed(then) }, append(also, Commit{Record: next})...)
}

func (m *Machine) committed(then func(*Machine)) {
	done, ok := m.op.outcome[""]
	if !ok || done.Err != nil {
		m.report(Report{Warning: true, Reason: "RecordNotWritten", Message: errText(done.Err)})
		m.op.outcome = nil
		// Written or not, it has to be read before anything else is done.
		m.step(commitWithin, readAgain, ReadBack{})
		return
	}
	m.takeRecord(*done.Record)
	then(m)
}

// readAgain replaces what we believe with what the API server has.
func readAgain(m *Machine) {
	if done, ok := m.op.outcome[""]; ok && done.Err == nil {
		m.believe(*done.Record)
		m.drop(retryEvery / 10)
		return
	}
	m.again(retryEvery, func(m *Machine) { m.step(commitWithin, readAgain, ReadBack{}) })
}
