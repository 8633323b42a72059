package sentinel

import "time"

// writer is a client that writes. It asks a replica of the service for the master
// before it connects; a stale one then stays until its connection is closed, a good
// one also leaves where it is told READONLY or where its view changes.
type writer struct {
	s        *sim
	name     string
	place    place
	stale    bool
	patience time.Duration // for one answer
	pace     time.Duration
	line     *conn
	turn     int
	asked    time.Duration // since when it waits for an answer; 0 while it does not
}

func (s *sim) addWriter(n int) {
	w := &writer{
		s: s, name: "writer-" + string(rune('a'+n)), place: firstWriter + place(n), stale: n%2 == 1,
		patience: time.Second, pace: s.between(4*time.Millisecond, 100*time.Millisecond),
	}
	if w.stale {
		w.patience = 30 * time.Second
	}
	s.writers = append(s.writers, w)
	w.look()
}

// look asks for the master and connects to it.
func (w *writer) look() {
	w.turn++
	turn, s := w.turn, w.s
	if w.line != nil {
		w.line.leave()
		w.line = nil
	}
	again := func() { s.after(s.between(5*time.Millisecond, 100*time.Millisecond), w.ifStill(turn, w.look)) }
	v := s.services[s.rng.IntN(len(s.services))]
	if !v.up || v.stalled || s.cut[w.place][v.place] || v.shown == nil {
		again()
		return
	}
	addr := v.shown.Master.Addr
	s.after(s.rarely(0.05, time.Millisecond, 50*time.Millisecond), w.ifStill(turn, func() {
		r := s.listening(addr)
		if r == nil || r.frozen && !w.stale || s.cut[w.place][r.place] {
			again()
			return
		}
		c := &conn{s: s, server: r, to: pipe{from: w.place, to: r.place}, back: pipe{from: r.place, to: w.place}}
		c.lost = w.ifStill(turn, w.look)
		r.conns = append(r.conns, c)
		w.line = c
		w.write(turn)
		w.guard(turn)
	}))
}

func (w *writer) ifStill(turn int, do func()) func() {
	return func() {
		if w.turn == turn {
			do()
		}
	}
}

// guard gives a connection up that does not answer in time.
func (w *writer) guard(turn int) {
	w.s.after(w.patience/4, w.ifStill(turn, func() {
		if w.asked > 0 && w.s.now-w.asked > w.patience {
			w.look()
			return
		}
		w.guard(turn)
	}))
}

// write sends one write and waits for its answer.
func (w *writer) write(turn int) {
	s, c := w.s, w.line
	id := s.newWrite()
	w.asked = s.now
	c.send(func(answer func(any)) { c.server.write(id, answer) }, func(value any) {
		if w.turn != turn {
			return
		}
		w.asked = 0
		switch value.(type) {
		case accepted:
			s.acknowledged(id, c.server)
		case string:
			if value == refusedReadOnly && !w.stale {
				w.look()
				return
			}
		}
		s.after(s.between(w.pace/2, w.pace), w.ifStill(turn, func() { w.write(turn) }))
	})
}
