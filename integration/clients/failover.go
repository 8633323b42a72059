package clients

import (
	"context"
	"fmt"
	"time"
)

const (
	// steadyWrites are enough to say that a program writes.
	steadyWrites = 10
	// switchWithin bounds the wait for +switch-master; a real Sentinel may take ten
	// seconds for a FAILOVER.
	switchWithin = 40 * time.Second
	// grace is how long beyond its bound a program is waited for, to learn how late it is.
	grace = 30 * time.Second
)

// crash kills the master. What the platform restarts comes at once with this service
// and waits for its successor under real Sentinels, see side.stays.
func (p *play) crash() {
	old := p.Settle()
	p.side.kill(old)
	if !p.side.stays() {
		p.side.back(old, "")
	}
}

// returned brings back what crash has left away.
func (p *play) returned(old, now string) {
	if p.side.stays() {
		p.side.back(old, now)
	}
}

// switchover asks a Sentinel for a planned change; one of ours may have been restarted
// just now and say that it does not know enough yet.
func (p *play) switchover() {
	p.await(switchWithin, "SENTINEL FAILOVER", func() error {
		var err error
		for _, sentinel := range p.sentinels {
			if err = sentinel.Do(context.Background(), "SENTINEL", "FAILOVER", MasterName).Err(); err == nil {
				return nil
			}
		}
		return err
	})
}

// change lets the master change and judges all programs.
func (p *play) change(scenario string, planned bool, act func(), judged []*Running) {
	began, told, now := p.happen(scenario, planned, act)
	p.judge(scenario, planned, judged, began, told, now)
}

// happen lets the master change and returns when it was told, and who it is now.
func (p *play) happen(scenario string, planned bool, act func()) (began, at time.Time, now string) {
	old := p.Settle()
	p.slack()
	began = time.Now()
	act()
	var told Switch
	p.await(switchWithin, scenario+": +switch-master", func() error {
		var ok bool
		if told, ok = p.Ears.First(began, func(host string) bool { return p.address(host) == old }); !ok {
			return fmt.Errorf("none; the master was %s", old)
		}
		return nil
	})
	now = p.address(told.To)
	if !planned {
		p.returned(old, now)
	}
	return began, told.At, now
}

// judge follows the programs to the new master. From since on they can know of it.
func (p *play) judge(scenario string, planned bool, judged []*Running, began, since time.Time, now string) {
	outcomes := make([]Outcome, len(judged))
	for i, r := range judged {
		outcomes[i] = Outcome{Program: r.Program, Scenario: scenario}
		p.follow(&outcomes[i], r, began, since, now)
	}
	p.Settle()
	slack := p.slack()
	for i, r := range judged {
		p.count(&outcomes[i], r, began, since, now)
		if !r.Writer() {
			outcomes[i].Switched = len(p.Evidence(r, since).Good) > 0
		}
		outcomes[i].judgeSwitch(planned, slack, r.Last())
		if outcomes[i].Fault != "" {
			p.Run.t.Logf("%s, %s: %s", scenario, r.Program, outcomes[i].Fault)
		}
		p.record(outcomes[i])
	}
}

// follow waits until a program writes to the new master.
func (p *play) follow(o *Outcome, r *Running, began, told time.Time, now string) {
	within := time.Until(told.Add(r.Bound(o.Scenario) + grace))
	p.wait(within, func() bool {
		e := p.Evidence(r, began)
		if !r.Writer() {
			return len(p.Evidence(r, told).Good) > 0
		}
		ack, ok := e.served(now)
		if ok {
			o.Switched, o.Switch = true, max(0, ack.At.Sub(told))
		}
		return ok
	})
}

// count adds up what came of the writes.
func (p *play) count(o *Outcome, r *Running, began, told time.Time, now string) {
	e := p.Evidence(r, began)
	o.Acked = len(e.Good)
	o.Rate, o.Burst = e.rate()
	o.Lost, o.Stray = p.lost(r, e.Good, now), e.strays(now, told)
}

// rounds repeats a change; one more, and again one, for programs that were only late.
func (p *play) rounds(scenario string, times int, once func(judged []*Running)) {
	for range times {
		once(p.running)
	}
	for range 2 {
		var late []*Running
		for _, r := range p.running {
			if median(p.outcomes, r.Program, scenario).Late {
				late = append(late, r)
			}
		}
		if len(late) == 0 {
			return
		}
		once(late)
	}
}

// crashes, switchovers: one round of these.
func (p *play) crashes(scenario string) func([]*Running) {
	return func(judged []*Running) { p.change(scenario, false, p.crash, judged) }
}

func (p *play) switchovers(scenario string) func([]*Running) {
	return func(judged []*Running) { p.change(scenario, true, p.switchover, judged) }
}
