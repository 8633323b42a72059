package sentinel

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Commands that a modelled process refuses at once, as with an ACL, and what is written
// to Kubernetes while that lasts.

// refusal is what the process says to an order of this name; nil where it takes it. Each
// order reads the state with INFO, so that who refuses that refuses all.
func (p *process) refusal(name string) error {
	switch {
	case p.loading && (name == "freeze" || name == "follow" || name == "demote"): // REPLICAOF, as all but INFO and the like
		return errors.New("LOADING Redis is loading the dataset in memory")
	case p.refuses["info"] && name != "pill":
		return errors.New("NOPERM this user has no permissions to run the 'info' command")
	case p.refuses[name]:
		if p.refusesFor--; p.refusesFor == 0 {
			p.refuses = nil
		}
		return fmt.Errorf("NOPERM this user has no permissions for %s", name)
	}
	return nil
}

// detachUnread carries a Freeze out that cannot read what it did.
func (p *process) detachUnread(a Action) bool {
	f, is := a.(Freeze)
	if !is || !f.Masters || p.refuses["freeze"] || p.loading {
		return false
	}
	p.role, p.master, p.link = RoleReplica, Nowhere, false
	return true
}

func (w *world) refuse(p *process, names []string) {
	p.refuses, p.refusesFor = map[string]bool{}, 0
	for _, name := range names {
		p.refuses[name] = true
	}
}

// pass lets time pass in which much may be tried again and again, and prints what was
// written and told meanwhile, each once, with how often.
func (w *world) pass(d time.Duration) {
	before := w.out.String()
	w.out.Reset()
	w.writes = 0
	for until := w.now.Add(d); w.now.Before(until); {
		w.replicate()
		w.round()
	}
	lines := strings.Split(w.out.String(), "\n")
	w.out.Reset()
	w.out.WriteString(before)
	told := map[string]int{}
	var order []string
	for _, line := range lines {
		if strings.HasPrefix(line, "report ") || strings.HasPrefix(line, "!") || strings.HasPrefix(line, "  +switch-master") {
			if told[line]++; !slices.Contains(order, line) {
				order = append(order, line)
			}
		}
	}
	for _, line := range order {
		w.printf("%s%s", line, times(told[line]))
	}
	w.printf("in %s: %d writes, master %s, phase %s", d, w.writes, or(w.record.Master.Pod, "nobody"), w.record.Phase)
}

func times(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" (%d times)", n)
}
