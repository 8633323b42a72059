package monitor_test

import "time"

// writer is a client that writes numbers. It asks a replica of the service for the
// master, as a Sentinel client does, before it connects. A stale one then stays until
// its connection is closed; a good one also leaves where it is told READONLY.
type writer struct {
	w        *world
	place    place
	stale    bool
	patience time.Duration // for one answer
	pace     time.Duration
	line     *wire
	turn     int
	asked    time.Duration // since when it waits for an answer; 0 while it does not
}

func (w *world) addWriter(n int) {
	c := &writer{
		w: w, place: firstWriter + place(n), stale: n%2 == 1,
		patience: time.Second, pace: w.dice.between(4*time.Millisecond, 100*time.Millisecond),
	}
	if c.stale {
		c.patience = 30 * time.Second
	}
	w.writers = append(w.writers, c)
	c.look()
}

// look asks for the master and connects to it.
func (c *writer) look() {
	c.turn++
	turn, w := c.turn, c.w
	if c.line != nil {
		c.line.leave()
		c.line = nil
	}
	again := func() {
		w.after(w.dice.between(5*time.Millisecond, 100*time.Millisecond), c.ifStill(turn, c.look))
	}
	v := w.services[w.dice.IntN(len(w.services))]
	if !v.up || v.holding || w.cut[c.place][v.place] {
		again()
		return
	}
	told := v.store.Snapshot().Master(setName)
	if told == nil {
		again()
		return
	}
	w.after(w.dice.rarely(0.05, time.Millisecond, 50*time.Millisecond), c.ifStill(turn, func() {
		r := w.listening(told.Master.Addr)
		if r == nil || r.frozen && !c.stale || w.cut[c.place][r.place] {
			again()
			return
		}
		c.line = w.connect(c.place, r)
		c.line.lost = c.ifStill(turn, c.look)
		c.write(turn)
		c.guard(turn)
	}))
}

func (c *writer) ifStill(turn int, do func()) func() {
	return func() {
		if c.turn == turn {
			do()
		}
	}
}

// guard gives a connection up that does not answer in time.
func (c *writer) guard(turn int) {
	c.w.after(c.patience/4, c.ifStill(turn, func() {
		if c.asked > 0 && c.w.now()-c.asked > c.patience {
			c.look()
			return
		}
		c.guard(turn)
	}))
}

// write sends one write and waits for its answer.
func (c *writer) write(turn int) {
	w, line := c.w, c.line
	id := w.newWrite()
	c.asked = w.now()
	line.send(func(answer func(any)) { line.process.write(id, answer) }, func(value any) {
		if c.turn != turn {
			return
		}
		c.asked = 0
		if _, taken := value.(accepted); taken {
			w.acknowledged(id)
		}
		if value == refusedReadOnly && !c.stale {
			c.look()
			return
		}
		w.after(w.dice.between(c.pace/2, c.pace), c.ifStill(turn, func() { c.write(turn) }))
	})
}
