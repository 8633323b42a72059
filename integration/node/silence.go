package node

import "fmt"

// SilenceNode ends a node's kubelet: its processes go on, and nothing is reported of them
// nor done for them.
func (a *Agent) SilenceNode(name string) error {
	m := a.machines[name]
	if m == nil {
		return fmt.Errorf("no node %q", name)
	}
	m.gate.shut()
	return nil
}

// HearNode is the return of a node's kubelet. Like a real one it sets right what others
// wrote into the statuses of its pods meanwhile.
func (a *Agent) HearNode(name string) error {
	m := a.machines[name]
	if m == nil {
		return fmt.Errorf("no node %q", name)
	}
	m.gate.reopen()
	for _, p := range a.snapshot() {
		if p.machine == m {
			p.report(a.ctx, p.status(), "")
		}
	}
	return nil
}
