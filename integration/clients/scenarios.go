package clients

import (
	"fmt"
	"time"
)

// Scenario names, in the order of the table. The variants have one column each, for
// finding the master, a crash and a switchover.
const (
	Discover  = "discover"
	Reads     = "reads"
	Crash     = "crash"
	Planned   = "switchover"
	Replica   = "replica lost"
	EachDown  = "Sentinels in turn"
	OneLeft   = "one Sentinel left"
	Restarted = "Sentinels restarted"
	IdleLong  = "idle"
	Unknown   = "unknown name"
)

const (
	// startsWithin is for a virtual machine on a busy computer.
	startsWithin = 90 * time.Second
	// reconnects is the longest that a library waits before it connects to a Sentinel
	// that has ended, or did not answer in time: Jedis does so after five seconds.
	reconnects = 6 * time.Second
)

// all plays the scenarios of the plain variant.
func (p *play) all() {
	p.reads()
	p.rounds(Crash, p.Form.Rounds, p.crashes(Crash))
	p.rounds(Planned, p.Form.Rounds, p.switchovers(Planned))
	p.replicaLost()
	p.sentinelsInTurn()
	p.oneSentinelLeft()
	p.sentinelsRestarted()
	p.rounds(IdleLong, 1, p.idle)
	p.unknownName()
}

// discover waits for all programs to write.
func (p *play) discover() {
	began := time.Now()
	master := p.Settle()
	scenario := Discover
	if p.Variant != Plain {
		scenario = p.Name
	}
	for _, r := range p.running {
		o := Outcome{Program: r.Program, Scenario: scenario}
		writes := p.wait(startsWithin, func() bool { return len(p.Evidence(r, time.Time{}).Good) >= steady(r) })
		e := p.Evidence(r, time.Time{})
		if writes && len(e.Requests) == 0 {
			p.Run.t.Errorf("%s writes, and nothing of it was seen at the Sentinel ports", r.Program)
		}
		_, served := e.served(master)
		o.Acked = len(e.Good)
		o.Rate, o.Burst = e.rate()
		switch {
		case !writes:
			o.Fault = "does not write: " + r.Last()
		case r.Writer() && !served:
			o.Fault = "writes, but not to the master"
		}
		p.settled(o)
	}
	p.quiet()
	p.Run.t.Logf("%s: %d programs write after %s", p.Name, len(p.running), Rounded(time.Since(began)))
}

// steady is how many acknowledgements say that a program goes on; one that only looks on
// does so once a second.
func steady(r *Running) int {
	if r.Writer() {
		return steadyWrites
	}
	return 2
}

// quiet waits until the programs that listen have done all that they do at their start.
// A library that asks first and subscribes then misses a switch in between, under real
// Sentinels as well; that is not what the scenarios are about.
func (p *play) quiet() {
	for _, r := range p.running {
		p.wait(startsWithin, func() bool {
			last := time.Time{}
			for _, request := range p.Ledger.Of(r.Group(), time.Time{}) {
				if request.Command != "ping" {
					last = request.At
				}
			}
			return r.Mechanism != Events || time.Since(last) > reconnects
		})
	}
}

// settled judges the rate and writes an outcome down.
func (p *play) settled(o Outcome) {
	p.Run.t.Helper()
	o.judgeRate()
	if o.Fault != "" {
		p.Run.t.Logf("%s, %s: %s", o.Scenario, o.Program, o.Fault)
	}
	p.record(o)
}

// reads looks for what replicas have executed for those who read from them.
func (p *play) reads() {
	master := p.Settle()
	for _, r := range p.running {
		o := Outcome{Program: r.Program, Scenario: Reads}
		if !r.Program.Reads {
			o.Excuse = "does not read from replicas"
			if why := r.Cannot["reads"]; why != "" {
				o.Excuse = why
			}
			p.record(o)
			continue
		}
		onReplica := p.wait(startsWithin, func() bool {
			count := 0
			for _, x := range p.Execs.Of(r.Key, time.Time{}) {
				if !x.Write && x.Node != master {
					count++
				}
			}
			good, _ := r.Reads(time.Time{})
			return count >= steadyWrites && good >= steadyWrites
		})
		if !onReplica {
			_, bad := r.Reads(time.Time{})
			o.Fault = "no replica serves its reads: " + bad
		}
		p.settled(o)
	}
}

// goOn judges that programs write, and read, after a time, and lose nothing.
func (p *play) goOn(scenario string, began time.Time, within time.Duration) {
	judged := time.Now()
	master := p.Settle()
	for _, r := range p.running {
		o := Outcome{Program: r.Program, Scenario: scenario}
		writes := p.wait(within, func() bool { return len(p.Evidence(r, judged).Good) >= steady(r) })
		reads := !r.Program.Reads || p.wait(within, func() bool { good, _ := r.Reads(judged); return good >= steadyWrites })
		e := p.Evidence(r, began)
		o.Acked, o.Lost = len(e.Good), p.lost(r, e.Good, master)
		o.Rate, o.Burst = e.rate()
		_, badRead := r.Reads(began)
		switch {
		case !writes:
			o.Fault = "does not write any more: " + r.Last()
		case !reads:
			o.Fault = "does not read any more: " + badRead
		case o.Lost > 0:
			o.Fault = fmt.Sprintf("lost %d of %d acknowledged writes", o.Lost, o.Acked)
		}
		p.settled(o)
	}
}

// replicaLost takes a replica away for a while.
func (p *play) replicaLost() {
	master := p.Settle()
	began := time.Now()
	var replica string
	for host := range p.nodes {
		if host != master {
			replica = host
		}
	}
	p.side.kill(replica)
	for _, r := range p.running {
		// Others must go on meanwhile; how many reads fail is the library's affair.
		p.wait(p.Form.Watch, func() bool { return len(p.Evidence(r, began).Good) >= steadyWrites })
	}
	time.Sleep(p.Form.Watch) // the time that it is away, no wait for anything
	p.side.back(replica, master)
	p.goOn(Replica, began, grace)
}

func (p *play) sentinelsInTurn() {
	began := time.Now()
	for n := range p.proxies {
		p.KillSentinel(n)
		time.Sleep(p.Form.Watch / size) // the time that it is away
		p.StartSentinel(n)
		p.Settle()
	}
	p.goOn(EachDown, began, grace)
	p.rest()
}

// rest lets the programs connect to all Sentinels again.
func (p *play) rest() {
	time.Sleep(reconnects) // the time that it takes, no wait for anything
	p.quiet()
}

// oneSentinelLeft takes all but the last away, and then lets the master change.
func (p *play) oneSentinelLeft() {
	p.Settle()
	p.KillSentinel(0)
	p.KillSentinel(1)
	began := time.Now()
	p.rounds(OneLeft, 1, p.switchovers(OneLeft))
	p.StartSentinel(0)
	p.StartSentinel(1)
	p.goOn(OneLeft, began, grace)
	p.rest()
}

// sentinelsRestarted ends all Sentinels at once; afterwards everybody must hear of a
// change again.
func (p *play) sentinelsRestarted() {
	began := time.Now()
	for n := range p.proxies {
		p.KillSentinel(n)
	}
	time.Sleep(p.Form.Watch / size) // the time that they are away
	for n := range p.proxies {
		p.StartSentinel(n)
	}
	p.goOn(Restarted, began, grace)
	p.rest()
	p.rounds(Restarted, 1, p.switchovers(Restarted))
}

// idle lets the master crash while nobody writes.
func (p *play) idle(judged []*Running) {
	for _, r := range p.running {
		p.must(r.Hold())
	}
	time.Sleep(p.Form.Idle) // the time that they are idle
	began, _, now := p.happen(IdleLong, false, p.crash)
	p.Settle()
	for _, r := range p.running {
		p.must(r.Release())
	}
	p.judge(IdleLong, false, judged, began, time.Now(), now)
}

// unknownName runs more of each program, which ask for a master that does not exist.
// They try twice a second: what each try sends is the library's affair, a loop is not.
func (p *play) unknownName() {
	began := time.Now()
	var asking []*Running
	for _, r := range p.running {
		asking = append(asking, p.launch(r.Program, "nobody", r.Key+"-nobody", "PAUSE=500"))
	}
	for _, r := range asking {
		p.wait(startsWithin, func() bool {
			_, bad := r.Acks(began)
			return len(bad) > 0 || len(p.Ledger.Of(r.Group(), began)) > 0
		})
	}
	time.Sleep(p.Form.Watch) // the time in which it must not spin
	for i, r := range asking {
		e := p.Evidence(r, began)
		o := Outcome{Program: p.running[i].Program, Scenario: Unknown}
		o.Rate, o.Burst = e.rate()
		switch {
		case len(e.Good) > 0 && r.Writer():
			o.Fault = "writes somewhere"
		case r.Ended():
			o.Fault = "has ended: " + r.Last()
		}
		p.settled(o)
		r.End()
	}
}

func (p *play) must(err error) {
	p.Run.t.Helper()
	if err != nil {
		p.Run.t.Fatal(err)
	}
}
