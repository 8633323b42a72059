package sentinel

import "time"

// The waits of an operation. They bound how long a silent Redis or API server can
// hold one step up; none of them is ever waited out when all answer.
const (
	gatherWithin  = 2 * time.Second // or down-after, if that is less
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
	waiting  map[uint64]string    // order -> pod UID, "" for the API server
	outcome  map[string]Done      // of this step, by pod UID
	read     map[string]Done      // the last reading of each in this operation, by pod UID
	gathered time.Time            // when the first reading of all began
	frozenAt time.Time            // when replicas were first found detached
	still    map[string]time.Time // since when each stands still, by pod UID
	moved    retries              // of a possible master that answers and was not detached
	asked    map[string]int       // how often each was read, by run id
	told     map[string]int       // how often each was frozen and did not stand still, by pod UID
	balks    map[string]*balking  // who refused to stand still, by pod UID
	early    func(*Machine) bool  // ends the wait for again
	sure     bool                 // the record was read live, or written, in this operation
	live     bool                 // the set's pods are as a live list had them
	resting  bool                 // it waits for a time, not for answers
	purging  bool                 // the readings of this step cut older leaders off
	deadline time.Time
	apiBy    time.Time // of a gathering: until then the API server is waited for
	then     func(*Machine)
	target   Process
	// while tells whether the reason for a switch, to the chosen one, still holds; nil for one
	// that holds in any case.
	while func(m *Machine, chosen *instance) bool
	// emptied are the pods that have dropped what they found on their disks; nil before they
	// were told to.
	emptied []string
	// goal is the offset at which the paused master stands still.
	goal int64
}

// ready tells that the present step is over.
func (m *Machine) ready() bool {
	o := m.op
	return o.then != nil && (len(o.waiting) == 0 || m.timeIsUp() || o.early != nil && o.early(m))
}

// timeIsUp: nobody is waited for any longer. In a gathering an instance is waited for
// until it counts as silent: one that is only slow may hold more data than the others.
// The API server is waited for longer, since nothing can follow without it.
func (m *Machine) timeIsUp() bool {
	late := !m.now.Before(m.op.deadline)
	if m.op.apiBy.IsZero() {
		return late
	}
	for _, uid := range m.op.waiting {
		i := m.instances[uid]
		if uid == "" && m.now.Before(m.op.apiBy) || i != nil && i.up() && !late {
			return false
		}
	}
	return true
}

func (m *Machine) start(reason string) {
	m.op = &operation{
		reason: reason, began: m.now, read: map[string]Done{}, still: map[string]time.Time{},
		asked: map[string]int{}, told: map[string]int{}, balks: map[string]*balking{},
	}
}

// step sends the orders of one step of the operation.
func (m *Machine) step(within time.Duration, then func(*Machine), actions ...Action) {
	m.op.waiting = make(map[uint64]string, len(actions))
	m.op.outcome = make(map[string]Done, len(actions))
	m.op.deadline, m.op.apiBy = m.now.Add(within), time.Time{}
	m.op.then, m.op.early, m.op.purging, m.op.resting = then, nil, false, false
	for _, a := range actions {
		m.op.waiting[m.send(a)] = subject(a).UID
	}
}

// again waits before it takes a step once more.
func (m *Machine) again(after time.Duration, then func(*Machine)) {
	m.op.waiting = map[uint64]string{0: ""}
	m.op.deadline, m.op.apiBy = m.now.Add(after), time.Time{}
	m.op.then, m.op.early, m.op.resting = then, nil, true
}

// drop ends the operation; the next look at the world decides what comes next.
func (m *Machine) drop(pause time.Duration) {
	m.returnToWatch()
	m.pauseUntil = m.now.Add(pause)
	m.takeLater()
}

// dropInVain ends an operation in which nothing was learnt that decides: the next one waits,
// longer each time until the record is written again.
func (m *Machine) dropInVain() {
	m.vain.refused(m.now, retryEvery/10, 2*retryEvery)
	m.drop(m.vain.until.Sub(m.now))
}

// subject is the process that an action is for, none for the API server.
func subject(a Action) Process {
	switch a := a.(type) {
	case Inspect:
		return a.Process
	case Freeze:
		return a.Process
	case Pause:
		return a.Process
	case Unpause:
		return a.Process
	case AwaitOffset:
		return a.Process
	case Demote:
		return a.Process
	case Empty:
		return a.Process
	case Promote:
		return a.Process
	case SetFence:
		return a.Process
	case Pill:
		return a.Process
	case Follow:
		return a.Process
	case CutLate:
		return a.Process
	}
	return Process{}
}

// gather reads everything directly and live: the record, the pods, every Redis
// that can be reached. how is inspect or freeze.
func (m *Machine) gather(how func(*Machine, *instance) Action, then func(*Machine)) {
	actions := []Action{ReadBack{}}
	for _, i := range m.sorted() {
		if i.up() {
			m.op.asked[i.snapshot.RunID]++
			actions = append(actions, how(m, i))
		}
	}
	m.op.read = make(map[string]Done, len(actions))
	if m.op.gathered.IsZero() {
		m.op.gathered = m.now
	}
	m.step(m.gatherTime(), then, actions...)
	m.op.apiBy = m.now.Add(commitWithin)
	m.op.purging = m.termWritten == m.term
}

// gatherTime is how long those are waited for who are up and do not answer.
func (m *Machine) gatherTime() time.Duration { return min(gatherWithin, m.config().DownAfter) }

// freeze stops a process where it stands; one that is fenced already is only read, and so is
// one that refuses it, or loads, when Redis takes no such order (LOADING).
func freeze(m *Machine, i *instance) Action {
	if i.snapshot.Fenced() && !i.unread || i.snapshot.Loading || m.without == "freeze" || m.balks(i) {
		return inspect(m, i)
	}
	m.tellToStand(i)
	i.unless = m.doubted()
	masters := m.op.sure && m.config().Mode != Observe // it may be others who made it one
	return Freeze{Process: i.process(), Purge: m.purge(i), Masters: masters, Unless: i.unless}
}

func inspect(m *Machine, i *instance) Action {
	return Inspect{Process: i.process(), Purge: m.purge(i)}
}

// purge: older leaders have to be cut off from this instance. That is of use only
// after our term was written: whoever connects later finds it in the record.
func (m *Machine) purge(i *instance) bool {
	return m.termWritten == m.term && i.purgedTerm != m.term
}

// alone: no leader of an older term can give a command to any process that was read
// in this operation. If that is not so yet, our term is written to the record, all
// is read again with Purge, and the operation goes on with again.
func (m *Machine) alone(how func(*Machine, *instance) Action, again func(*Machine)) bool {
	if m.firstStart() {
		return true // whoever writes the record first wins
	}
	for uid, done := range m.op.read {
		if i := m.instances[uid]; i != nil && done.Err == nil && i.purgedTerm != m.term {
			m.commit(m.rec, func(m *Machine) { m.gather(how, again) })
			return false
		}
	}
	return true
}

// confirmed takes over what the live reading told. False means that the operation
// is over, or waits: the API server did not answer, or the record is another one.
func (m *Machine) confirmed(retry func(*Machine)) bool {
	live, ok := m.op.outcome[""]
	switch {
	case !ok || live.Err != nil:
		m.reportOnce(Report{
			Warning: true, Reason: "KubernetesUnreachable",
			Message: "nobody is promoted while the record cannot be read: " + errText(live.Err),
		})
		m.again(retryEvery, func(m *Machine) { m.step(commitWithin, retry, ReadBack{}) })
		return false
	case live.Record.Seq != m.rec.Seq || live.Record.Phase != m.rec.Phase:
		m.believe(*live.Record)
		m.drop(0)
		return false
	case m.overtaken():
		m.drop(0)
		return false
	}
	m.op.sure = true
	m.rec.Stored = live.Record.Stored
	m.set.Pods, m.op.live = live.Pods, true
	m.takePods(live.Pods)
	return true
}

func errText(err error) string {
	if err == nil {
		return "no answer in time"
	}
	return cut(err.Error(), mostErrText)
}

// commit writes the record and goes on with then once it is written.
func (m *Machine) commit(next Record, then func(*Machine)) {
	next.Term, next.Since, next.Reason, next.Owner = m.term, m.now, m.op.reason, m.ownerOf(next)
	m.step(commitWithin, func(m *Machine) { m.committed(then) }, Commit{Record: next})
}

func (m *Machine) committed(then func(*Machine)) {
	done, ok := m.op.outcome[""]
	if !ok || done.Err != nil {
		m.reportOnce(Report{Warning: true, Reason: "RecordNotWritten", Message: errText(done.Err)})
		m.op.outcome = nil
		// Written or not, it has to be read before anything else is done.
		m.step(commitWithin, readAgain, ReadBack{})
		return
	}
	m.termWritten, m.op.sure, m.vain = m.term, true, retries{}
	m.takeRecord(*done.Record)
	then(m)
}

// readAgain replaces what we believe with what the API server has.
func readAgain(m *Machine) {
	if done, ok := m.op.outcome[""]; ok && done.Err == nil {
		m.believe(*done.Record)
		m.dropInVain()
		return
	}
	m.again(retryEvery, func(m *Machine) { m.step(commitWithin, readAgain, ReadBack{}) })
}
