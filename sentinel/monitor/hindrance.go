package monitor

// Hindrance is what stands in the way of a master of this name, "" while there is one; false
// where no such set is known.
func (m *Monitor) Hindrance(master string) (text string, known bool) {
	l := m.loop(master)
	if l == nil {
		return "", false
	}
	if said := l.hindrance.Load(); said != nil {
		text = *said
	}
	return text, true
}

func (l *loop) noteHindrance() {
	text, said := l.machine.Hindrance(), l.hindrance.Load()
	switch {
	case text == "" && said != nil:
		l.hindrance.Store(nil)
	case text != "" && (said == nil || *said != text):
		l.hindrance.Store(&text)
	}
}
