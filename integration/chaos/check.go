package chaos

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Violation is one broken promise.
type Violation struct {
	Promise string
	Set     int
	At      time.Duration
	Text    string
	Since   time.Duration // OneMaster: when the successor was seen to acknowledge
}

func (v Violation) String() string {
	return fmt.Sprintf("%s: set %d at %s: %s", v.Promise, v.Set, v.At.Round(time.Millisecond), v.Text)
}

// The promises.
const (
	OneMaster = "one master"
	NoWipe    = "no wipe"
	NoLoss    = "no loss"
	NoReturn  = "no return"
	Forward   = "answers go forward"
	NewsAfter = "news after answers"
	Heals     = "heals"
	NoGrowth  = "no growth"
	StepsMet  = "named steps are met"
	Relieved  = "a blind leader is relieved"
	FewWrites = "few writes"
)

// margin is how much later than it was sent an acknowledgement may be seen by us,
// beside the times in which we were not run at all.
const margin = 300 * time.Millisecond

// Check judges a history that has ended.
func Check(h *History, sets int) []Violation {
	var all []Violation
	for set := range sets {
		all = append(all, h.oneMaster(set)...)
		all = append(all, h.noWipe(set)...)
		all = append(all, h.forward(set)...)
	}
	all = append(all, h.newsAfterAnswers()...)
	all = append(all, h.losses()...)
	all = append(all, h.growth()...)
	all = append(all, h.stepsMet()...)
	all = append(all, h.relieved()...)
	all = append(all, h.fewWrites(sets)...)
	slices.SortStableFunc(all, func(a, b Violation) int { return int(a.At - b.At) })
	return all
}

// claim is a moment from which a process may be the master. A commit makes two: that
// of its master, and the newer one of its target.
type claim struct {
	process string
	at      time.Duration
}

func (h *History) claims(set int) []claim {
	var claims []claim
	for _, c := range h.Commits {
		if c.Set == set {
			claims = append(claims, claim{c.Master, c.At}, claim{c.Target, c.At})
		}
	}
	return claims
}

// reign is the index of the last claim of the process that acknowledged; -1: none.
func reign(claims []claim, a *Ack) int {
	for i, claim := range slices.Backward(claims) {
		if claim.process == a.Process && claim.at <= a.Ended {
			return i
		}
	}
	return -1
}

// oneMaster finds writes that a process acknowledged after its successor had.
//
// A write that began after a successor's acknowledgement was seen proves it. One that
// began before proves nothing by its end alone, since we may have seen it late; but
// not later than we were starved.
func (h *History) oneMaster(set int) []Violation {
	claims := h.claims(set)
	reigns := make([]int, len(h.Acks))
	first := map[int]time.Duration{} // of each reign, the first acknowledgement seen
	var found []Violation
	for i := range h.Acks {
		a := &h.Acks[i]
		if a.Set != set {
			continue
		}
		reigns[i] = reign(claims, a)
		if reigns[i] < 0 {
			found = append(found, Violation{Promise: OneMaster, Set: set, At: a.Ended, Text: fmt.Sprintf("%s acknowledged %s and was never chosen", short(a.Process), a.key()), Since: a.Ended})
			continue
		}
		if at, seen := first[reigns[i]]; !seen || a.Ended < at {
			first[reigns[i]] = a.Ended
		}
	}
	for i := range h.Acks {
		if a := &h.Acks[i]; a.Set == set && reigns[i] >= 0 {
			found = append(found, h.overtaken(a, reigns[i], claims, first)...)
		}
	}
	return found
}

func (h *History) overtaken(a *Ack, own int, claims []claim, first map[int]time.Duration) []Violation {
	for _, later := range slices.Sorted(maps.Keys(first)) {
		seen := first[later]
		if later <= own || claims[later].process == a.Process {
			continue
		}
		late := a.Ended - seen
		if a.Began > seen || late > margin+h.Starved(seen, a.Ended) {
			return []Violation{{Promise: OneMaster, Set: a.Set, At: a.Ended, Since: seen, Text: fmt.Sprintf(
				"%s acknowledged %s (begun %s) %s after its successor %s acknowledged a first write",
				short(a.Process), a.key(), a.Began.Round(time.Millisecond), late.Round(time.Millisecond), short(claims[later].process))}}
		}
	}
	return nil
}

// noWipe finds a master or a synced replica without the data.
func (h *History) noWipe(set int) []Violation {
	var found []Violation
	for _, s := range h.Samples {
		if s.Set == set && s.Has < s.Want && !h.mayBeEmpty(set, s.At) {
			found = append(found, Violation{Promise: NoWipe, Set: set, At: s.At, Text: fmt.Sprintf("%s %s has %d of %d keys", s.Role, short(s.Process), s.Has, s.Want)})
		}
	}
	return found
}

func (h *History) mayBeEmpty(set int, at time.Duration) bool {
	for _, o := range h.Outcomes {
		if at >= o.Began && (o.Healed == 0 || at <= o.Healed) && o.Sets[set].MayEmpty {
			return true
		}
	}
	return false
}

// forward finds epochs that fell at one replica, answers that it took back, and
// epochs with more masters than the one before the switch and the one after it.
//
// A switch that is under way has its epoch already, and still the old address.
func (h *History) forward(set int) []Violation {
	var found []Violation
	last := map[string]Answer{}
	left := map[Answer]bool{} // without its time: answers that the replica has replaced
	masters := map[uint64]map[string]bool{}
	for _, a := range h.Answers {
		if a.Set != set {
			continue
		}
		at := a.At
		a.At = 0
		before, known := last[a.Replica]
		if known && before != a {
			left[before] = true
		}
		if before.Epoch > a.Epoch || left[a] {
			found = append(found, Violation{Promise: Forward, Set: set, At: at, Text: fmt.Sprintf("%s answers %s of epoch %d after %s of epoch %d",
				a.Replica, a.Addr, a.Epoch, before.Addr, before.Epoch)})
		}
		last[a.Replica] = a
		if masters[a.Epoch] == nil {
			masters[a.Epoch] = map[string]bool{}
		}
		if masters[a.Epoch][a.Addr] = true; len(masters[a.Epoch]) > 2 {
			found = append(found, Violation{Promise: Forward, Set: set, At: at, Text: fmt.Sprintf("masters of epoch %d: %v", a.Epoch, slices.Sorted(maps.Keys(masters[a.Epoch])))})
		}
	}
	for i, epoch := 0, uint64(0); i < len(h.Commits); i++ {
		c := h.Commits[i]
		if c.Set == set && c.Epoch < epoch {
			found = append(found, Violation{Promise: Forward, Set: set, At: c.At, Text: fmt.Sprintf("the record's epoch fell from %d to %d", epoch, c.Epoch)})
		}
		if c.Set == set {
			epoch = c.Epoch
		}
	}
	return found
}

// newsAfterAnswers finds news that the replica's own answers did not know yet.
func (h *History) newsAfterAnswers() []Violation {
	var found []Violation
	for i, n := range h.News {
		later := slices.ContainsFunc(h.News[i:], func(m News) bool {
			return m.Replica == n.Replica && m.Set == n.Set && m.New == n.Told
		})
		if !later {
			found = append(found, Violation{Promise: NewsAfter, Set: n.Set, At: n.At, Text: fmt.Sprintf("%s published %s -> %s and then answered %s", n.Replica, n.Old, n.New, n.Told)})
		}
	}
	return found
}

func (h *History) losses() []Violation {
	var found []Violation
	for _, o := range h.Outcomes {
		if o.Trouble != "" {
			found = append(found, Violation{Promise: Heals, Set: -1, At: o.Undone, Text: fmt.Sprintf("step %d (%s): %s", o.Number, o.Step, o.Trouble)})
		}
		for set, s := range o.Sets {
			if s.Back > 0 {
				found = append(found, Violation{Promise: NoReturn, Set: set, At: o.Began, Text: fmt.Sprintf("step %d (%s) brought %d deleted keys back", o.Number, o.Step, s.Back)})
			}
			if s.Lost > 0 && !s.MayLose {
				found = append(found, Violation{Promise: NoLoss, Set: set, At: o.Began, Text: fmt.Sprintf("step %d (%s) lost %d of %d acknowledged writes", o.Number, o.Step, s.Lost, s.Acked)})
			}
		}
	}
	return found
}

// growth compares the end of each process of the service with the largest one in the
// first half of the run: the leader, which has most connections, may be any of them. A
// third more, and some, is growth: connections come and go with the steps.
func (h *History) growth() []Violation {
	goroutines, files := 0, 0
	ends := map[string]Size{}
	for _, s := range h.Sizes {
		if s.At <= h.span()/2 {
			goroutines, files = max(goroutines, s.Goroutines), max(files, s.Files)
		}
		ends[s.Replica] = s
	}
	var found []Violation
	for _, end := range ends {
		if goroutines > 0 && (end.Goroutines > goroutines*4/3+40 || end.Files > files*4/3+20) {
			found = append(found, Violation{Promise: NoGrowth, Set: -1, At: end.At, Text: fmt.Sprintf(
				"%s has %d goroutines and %d open files, at most %d and %d were seen in the first half", end.Replica, end.Goroutines, end.Files, goroutines, files)})
		}
	}
	return found
}

// tries is how often a kind of fault with a leader's end must have been tried before
// its never coming about says that it cannot.
const tries = 3

// stepsMet finds steps at which a leader was to end and never did, so that what
// follows them was not tried at all. A second fault may keep a leader from a step.
func (h *History) stepsMet() []Violation {
	all := h.deaths()
	var found []Violation
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		if all[kind].alone >= tries && all[kind].met == 0 {
			found = append(found, Violation{Promise: StepsMet, Set: -1, At: h.span(), Text: fmt.Sprintf("%s: in none of %d steps", kind, all[kind].alone)})
		}
	}
	return found
}

// relievedWithin bounds the gap of a set whose master was killed while the leader reached
// no Redis: see blind.
const relievedWithin = 15 * time.Second

// relieved finds masters that were not replaced while the leader reached no Redis.
func (h *History) relieved() []Violation {
	var found []Violation
	for _, o := range h.Outcomes {
		if len(o.Step) > 1 || o.Step[0].Kind != CutLeaderRedisKill {
			continue
		}
		set := o.Step[0].Set
		if gap := o.Sets[set].Gap; gap > relievedWithin && !o.tooBusy(gap) {
			found = append(found, Violation{Promise: Relieved, Set: set, At: o.Began, Text: fmt.Sprintf(
				"step %d (%s): no write for %s, want at most %s", o.Number, o.Step, ms(gap), relievedWithin)})
		}
	}
	return found
}

func (a *Ack) key() string { return Key(a.Set, a.Writer, a.Seq) }

// Key is the key of one write.
func Key(set, writer, seq int) string { return fmt.Sprintf("w:%d:%d:%d", set, writer, seq) }

func short(process string) string { return process[:min(8, len(process))] }
