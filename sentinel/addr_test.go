package sentinel

import "testing"

func TestSpelled(t *testing.T) {
	for host, want := range map[string]string{
		"10.0.0.1": "10.0.0.1", "fd00::1": "fd00::1", "FD00:0:0:0:0:0:0:1": "fd00::1", "fd00:0:0:1::": "fd00:0:0:1::",
		"::ffff:10.0.0.1": "10.0.0.1", "fe80::1%eth0": "fe80::1%eth0", "redis-0.redis": "redis-0.redis", "": "", "not:an:ip": "not:an:ip",
	} {
		if got := Spelled(host); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
	if got := (Addr{Host: "fd00::1", Port: 6379}).String(); got != "[fd00::1]:6379" {
		t.Errorf("with its port: %q", got)
	}
}
