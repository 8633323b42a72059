package monitor_test

import "time"

// plan is all that the seed decides: the set, and what goes wrong when.
type plan struct {
	profile
	size, services, writers int
	delay                   time.Duration // the longest that something travels
	reuse                   float64
	restart                 time.Duration
	watchLag                float64
	strikes                 []strike
	traps                   []trap
	firstLeader             int
	asks                    bool          // whether a memory-only set may begin again
	end                     time.Duration // after the set was healthy for the first time
}

// strike is a fault at a time after the set was healthy for the first time, with a seed
// for what it draws.
type strike struct {
	at    time.Duration
	fault fault
	seed  uint64
}

// trap lets a fault happen just when an order of this kind is given, after some that are
// let pass.
type trap struct {
	order string
	skip  int
	strike
}

// orderKinds are the moments for traps; rare ones more often.
var orderKinds = []string{
	"Put Promoting", "Put Promoting", "Put Switching", "Put Stable", "Put Failing", "Promote", "Promote", "Freeze",
	"Pause", "AwaitOffset", "Demote", "SetFence", "Follow", "Pill",
}

func newPlan(seed uint64, only string) plan {
	d := newDice(seed, 1)
	p := plan{profile: profiles[d.IntN(len(profiles))]}
	for _, f := range profiles {
		if f.name == only {
			p.profile = f
		}
	}
	p.size, p.services, p.writers = []int{2, 3, 3, 3, 5}[d.IntN(5)], 2+d.IntN(2), 2+d.IntN(2)
	p.delay = d.between(5*time.Millisecond, 300*time.Millisecond)
	p.reuse, p.restart = d.Float64(), d.between(20*time.Millisecond, 2*time.Second)
	p.watchLag = []float64{0, 0.05, 0.3}[d.IntN(3)]
	p.firstLeader = d.IntN(p.services)
	span := []time.Duration{5 * time.Millisecond, 200 * time.Millisecond, 2 * time.Second, 10 * time.Second}[d.IntN(4)]
	begin := d.between(0, 2*time.Second)
	for range 1 + d.IntN(5) {
		p.strikes = append(p.strikes, p.draw(d, begin+d.between(0, span)))
	}
	if p.first != nil && d.chance(0.8) {
		p.strikes = append(p.strikes, strike{begin, *p.first, d.Uint64()})
	}
	if a := p.ambush; a.order != "" {
		p.traps = append(p.traps, trap{a.order, d.IntN(2), strike{fault: a.fault, seed: d.Uint64()}})
	}
	for range d.IntN(4) {
		p.traps = append(p.traps, trap{orderKinds[d.IntN(len(orderKinds))], d.IntN(3), p.draw(d, 0)})
	}
	p.asks = p.memoryOnly && d.chance(0.3)
	p.end = begin + span + d.between(0, 8*time.Second) + p.patience
	return p
}

func (p *plan) draw(d dice, at time.Duration) strike {
	total := 0
	for _, f := range p.faults {
		total += f.weight
	}
	n := d.IntN(total)
	for _, f := range p.faults {
		if n -= f.weight; n < 0 {
			return strike{at, f, d.Uint64()}
		}
	}
	panic("weights do not add up")
}

// strike lets a fault happen.
func (w *world) strike(s strike) {
	if w.healed {
		return
	}
	w.count("fault: " + s.fault.name)
	s.fault.happen(w, newDice(s.seed, 2))
}

// ordered springs the traps for this kind of order. It is called by the goroutine that
// gives the order.
func (v *service) ordered(order, subject string) {
	w := v.w
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over || !v.up {
		return
	}
	w.count("order " + order)
	w.tell("%s orders %s of %s", v.name, order, subject)
	for i := range w.traps {
		t := &w.traps[i]
		if t.order != order {
			continue
		}
		if t.skip--; t.skip == -1 {
			w.after(w.dice.rarely(0.1, 4*time.Millisecond, 100*time.Millisecond), func() {
				w.count("in the middle of " + order)
				w.strike(t.strike)
			})
		}
	}
}
