package sentinel

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// perform carries an order out on the model, prints it, and gives its outcome;
// false when the order is held back.
func (w *world) perform(o Order) (Done, bool) {
	switch a := o.Action.(type) {
	case Report:
		w.writes++ // a Kubernetes Event
		if a.Warning || a.Reason != "ReplicaSelected" {
			w.printf("report %s: %s", a.Reason, a.Message)
		}
		for _, c := range candidatesToShow(a) {
			w.printf("  candidate %s", c)
		}
		return Done{}, false
	case ReadBack:
		w.reads++
		if w.apiAway {
			return Done{Err: errModelGone}, true
		}
		r := w.record
		return Done{Record: &r, Pods: w.set().Pods}, true
	case Commit:
		return w.commit(a.Record)
	case Label:
		w.writes++
		if w.labelsDenied {
			return Done{Err: errors.New("admission webhook denied the request")}, true
		}
		w.printf("label %s %s", a.Pod.Name, a.Role)
		w.find(a.Pod.Name).pod.Role = a.Role
		return Done{}, true
	}
	return w.command(o.Action)
}

func candidatesToShow(r Report) []string {
	if r.Decision == nil || r.Reason == "MasterSwitched" {
		return nil
	}
	var lines []string
	for _, c := range r.Decision.Candidates {
		line := c.Pod + " offset " + strconv.FormatInt(c.Offset, 10)
		switch {
		case c.Refused != "":
			line += ": " + c.Refused
		case c.Pod == r.Decision.Chosen:
			line += ": chosen, " + r.Decision.Rule
		}
		lines = append(lines, line)
	}
	return lines
}

func (w *world) commit(r Record) (Done, bool) {
	if w.apiAway {
		return Done{Err: errModelGone}, true
	}
	if r.Version != w.record.Version {
		w.printf("commit refused: %v", ErrConflict)
		return Done{Err: ErrConflict}, true
	}
	if r.Epoch < w.record.Epoch {
		w.printf("!! the epoch fell from %d to %d", w.record.Epoch, r.Epoch)
	}
	w.writes++
	r.Seq, r.Format = w.record.Seq+1, Format
	r.Version = strconv.FormatUint(r.Seq, 10)
	w.record = r
	target := ""
	if r.Target.Pod != "" {
		target = " target " + r.Target.Pod
	}
	w.printf("commit epoch %d %s master %s%s fence %d (%s)", r.Epoch, r.Phase, or(r.Master.Pod, "nobody"), target, r.Fence, r.Reason)
	written := w.record
	return Done{Record: &written}, true
}

// command is for a process: only the one that is meant may carry it out.
func (w *world) command(a Action) (Done, bool) {
	p, name, do := w.commandOn(a)
	at := w.byAddr(p.Addr)
	if name != "inspect" && name != "await" && name != "cut-late" {
		text := describe(name, a, w)
		if f, is := a.(Freeze); is && at != nil && at.runID == p.RunID && at.snapshot().LinkedTo(f.Unless...) {
			text += ": left alone, it has a link to " + w.byAddr(at.master).pod.Name
		}
		w.printf("%s", text)
	}
	if at == nil && w.leftAddress(p.UID) {
		return Done{}, false // nobody refuses there, either
	}
	if at == nil || at.rejected || at.runID != p.RunID {
		return Done{Err: errModelGone, Gone: true, Refused: at == nil || at.rejected}, true
	}
	if at.foreign {
		w.printf("!! %s belongs to somebody else", p.Pod)
	}
	if at.hidden {
		at.pill = at.pill || name == "pill" && at.island // which lies in the send queue until then
		return Done{}, false
	}
	if at.frozen {
		at.pill = at.pill || name == "pill"
		return Done{}, false // no answer
	}
	number, err := at.connection(a, w.termOf(a))
	if err != nil {
		return Done{Err: err}, true
	}
	if refused := at.refusal(name); refused != nil {
		return Done{Err: refused, Detached: at.detachUnread(a)}, true
	}
	do(at)
	if a, ok := a.(AwaitOffset); ok && at.offset < a.Offset {
		return Done{Err: errModelGone}, true
	}
	w.replicate()
	s := w.reading(at)
	return Done{Snapshot: &s, Conn: number}, true
}

func (w *world) leftAddress(uid string) bool {
	return slices.ContainsFunc(w.redis, func(p *process) bool { return p.pod.UID == uid && p.pod.Addr.IsZero() })
}

// termOf is the term under which the acting service sent the action: a leader that
// was deposed meanwhile goes on under its old one.
func (w *world) termOf(Action) uint64 {
	if w.actor.leading {
		return w.actor.term
	}
	return w.term - 1
}

// connection is the control connection of a term, opened if need be; a promotion
// needs the very one that it names. Purge ends those of older terms.
func (p *process) connection(a Action, term uint64) (uint64, error) {
	need := uint64(0)
	switch a := a.(type) {
	case Promote:
		need = a.Conn
	case SetFence:
		need = a.Conn
	case Demote:
		need = a.Conn
	case Empty:
		need = a.Conn
	case Pause:
		need = a.Conn
	case Inspect:
		p.purge(a.Purge, term)
	case Freeze:
		p.purge(a.Purge, term)
	}
	for number, t := range p.conns {
		if t == term && (need == 0 || need == number) {
			return number, nil
		}
	}
	if need != 0 {
		return 0, errModelGone
	}
	number := uint64(len(p.conns)) + 1 + 1000*term
	p.conns[number] = term
	return number, nil
}

func (p *process) purge(yes bool, term uint64) {
	for number, t := range p.conns {
		if yes && t < term {
			delete(p.conns, number)
		}
	}
}

func (w *world) commandOn(a Action) (Process, string, func(*process)) {
	nothing := func(*process) {}
	detach := func(p *process) { p.role, p.master, p.link = RoleReplica, Nowhere, false }
	switch a := a.(type) {
	case Inspect:
		return a.Process, "inspect", nothing
	case AwaitOffset:
		return a.Process, "await", nothing
	case CutLate:
		return a.Process, "cut-late", nothing
	case Freeze:
		return a.Process, "freeze", func(p *process) {
			if !p.deaf && (p.role != RoleMaster || a.Masters) && !p.snapshot().LinkedTo(a.Unless...) {
				detach(p)
			}
		}
	case Demote:
		return a.Process, "demote", detach
	case SetFence:
		return a.Process, "fence", func(p *process) { p.fence, p.maxLag = a.MinReplicas, a.MaxLag }
	case Pill:
		return a.Process, "pill", func(p *process) { p.pill = true; p.swallow() }
	case Pause:
		return a.Process, "pause", func(p *process) { p.paused = true }
	case Unpause:
		return a.Process, "unpause", func(p *process) { p.paused = false }
	case Follow:
		return a.Process, "follow", func(p *process) { p.role, p.master, p.paused = RoleReplica, a.Master, false }
	case Empty:
		return a.Process, "empty", func(p *process) {
			w.runs++
			p.replid2, p.second, p.replid = p.replid, p.offset, fmt.Sprintf("id%d", w.runs)
			p.keys, p.linked = 0, false
		}
	case Promote:
		return a.Process, "promote", func(p *process) {
			if p.role != RoleMaster {
				w.runs++
				p.replid2, p.second = p.replid, p.offset
				p.replid = "id" + strconv.Itoa(w.runs)
			}
			p.role, p.master, p.link, p.linked, p.fence, p.maxLag = RoleMaster, Addr{}, false, false, a.MinReplicas, a.MaxLag
		}
	}
	panic("the model does not know this action")
}

// nameOf is the word by which a story holds an action back.
func nameOf(a Action) string {
	switch a.(type) {
	case Commit:
		return "commit"
	case Report, ReadBack, Label:
		return ""
	}
	_, name, _ := (&world{}).commandOn(a)
	return name
}

func describe(name string, a Action, w *world) string {
	process, _, _ := w.commandOn(a)
	text := name + " " + process.Pod
	switch f := a.(type) {
	case Promote:
		text += " with fence " + strconv.Itoa(f.MinReplicas)
	case SetFence:
		text += " " + strconv.Itoa(f.MinReplicas)
		if f.MaxLag != Defaults().MaxLag {
			text += " within " + f.MaxLag.String()
		}
	case Follow:
		if m := w.byAddr(f.Master); m != nil {
			text += " -> " + m.pod.Name
		}
		if f.CutClients {
			text += " and cut its clients"
		}
	}
	return text
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
