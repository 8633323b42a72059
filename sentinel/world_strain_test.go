package sentinel

import (
	"strconv"
	"time"
)

// How hard the modelled processes have it.

// cutSyncs lets replicas be told of each sync before the next one is cut.
func (w *world) cutSyncs(p *process, n int64) {
	p.cut, p.link = true, false
	p.replid, p.offset = "", 0 // a copy was begun
	for range n {
		if m := w.byAddr(p.master); m != nil {
			m.syncs++
		}
		w.settle()
	}
}

// takes sets the memory of a process, the limit of its container, and the memory of its child.
func (w *world) takes(p *process, mib []string) error {
	var bytes [3]int64
	for i, text := range mib {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return err
		}
		bytes[i] = n << 20
	}
	p.resident, p.pod.MemoryLimit, p.copying = bytes[0], bytes[1], bytes[2]
	w.settle()
	return nil
}

func (w *world) showConditions() {
	conditions := w.services[w.observer()].View().Conditions
	for _, c := range conditions {
		w.printf("%s since %s: %s", c.Reason, c.Since.Format(time.TimeOnly), c.Message)
	}
	if len(conditions) == 0 {
		w.printf("none")
	}
}
