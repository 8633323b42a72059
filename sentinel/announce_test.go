package sentinel

import "testing"

// TestAnnouncedAddress: clients are told one spelling everywhere, and we and the
// replicas use the other.
func TestAnnouncedAddress(t *testing.T) {
	w := newWorld(2, 1)
	for n := range 2 {
		p := w.pod(n)
		p.pod.Announce = Addr{Host: p.pod.Name + ".example", Port: 30000 + n}
	}
	if err := w.happen([]string{"leader", "0"}); err != nil {
		t.Fatal(err)
	}
	v := w.services[0].View()
	if v == nil || len(v.Replicas) != 1 {
		t.Fatalf("%+v", v)
	}
	if v.Master.Addr != (Addr{"redis-0.example", 30000}) || v.Master.Direct != (Addr{"10.0.0.1", 6379}) {
		t.Errorf("master told at %s, reached at %s", v.Master.Addr, v.Master.Direct)
	}
	if v.Replicas[0].Addr != (Addr{"redis-1.example", 30001}) {
		t.Errorf("replica told at %s", v.Replicas[0].Addr)
	}
	if got := w.find("redis-1").master; got != v.Master.Direct {
		t.Errorf("the replica follows %s, want %s", got, v.Master.Direct)
	}
	before := v
	if err := w.happen([]string{"kill", "redis-0"}); err != nil {
		t.Fatal(err)
	}
	var switched string
	for _, e := range Events(before, w.services[0].View(), 1) {
		if e.Type == "+switch-master" {
			switched = e.Payload
		}
	}
	if want := "mymaster redis-0.example 30000 redis-1.example 30001"; switched != want {
		t.Errorf("+switch-master %q, want %q", switched, want)
	}
}
