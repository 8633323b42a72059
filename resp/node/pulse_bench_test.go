package node_test

import (
	"runtime"
	"syscall"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestPingLeavesNothing: thousands are sent each second.
func TestPingLeavesNothing(t *testing.T) {
	p, _ := watch(t, redis.Start(t, "127.0.43.21", 6379), node.Options{})
	ping := func() {
		if ok, err := p.Ping(soon()); !ok || err != nil {
			t.Fatalf("PING: %v, %v", ok, err)
		}
	}
	if n := testing.AllocsPerRun(1000, ping); n != 0 {
		t.Errorf("a PING allocates %g times", n)
	}
}

func BenchmarkPing(b *testing.B) {
	p, _ := watch(b, redis.Start(b, "127.0.43.22", 6379), node.Options{})
	defer spent(b)()
	for b.Loop() {
		if _, err := p.Ping(soon()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReading(b *testing.B) {
	s := redis.Start(b, "127.0.43.23", 6379)
	b.Run("Conn", func(b *testing.B) {
		c, _, err := node.Dial(b.Context(), sentinel.Addr{Host: s.Host, Port: s.Port}, "a-test", node.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		defer spent(b)()
		for b.Loop() {
			if _, err := c.Snapshot(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Pulse", func(b *testing.B) {
		p, _ := watch(b, s, node.Options{})
		defer spent(b)()
		for b.Loop() {
			if _, err := p.Snapshot(soon()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// spent reports what this process pays for an operation: most of the time it waits.
func spent(b *testing.B) (report func()) {
	b.ReportAllocs()
	before := processor(b)
	return func() { b.ReportMetric(float64(processor(b)-before)/float64(b.N), "cpu-ns/op") }
}

func processor(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkHeld is what a connection keeps while nothing is asked.
func BenchmarkHeld(b *testing.B) {
	s := redis.Start(b, "127.0.43.24", 6379, "--maxclients", "4000")
	addr := sentinel.Addr{Host: s.Host, Port: s.Port}
	for name, rest := range map[string]func(*node.Conn){"Conn": func(*node.Conn) {}, "Conn at rest": (*node.Conn).Rest} {
		b.Run(name, func(b *testing.B) {
			held(b, func() (func(), error) {
				c, _, err := node.Dial(b.Context(), addr, "a-test", node.Options{})
				if err != nil {
					return nil, err
				}
				_, err = c.Snapshot(b.Context())
				rest(c)
				return c.Close, err
			})
		})
	}
	b.Run("Pulse", func(b *testing.B) {
		held(b, func() (func(), error) {
			p, _, err := node.Watch(b.Context(), addr, "a-test", node.Options{})
			if err != nil {
				return nil, err
			}
			_, err = p.Ping(soon())
			return p.Close, err
		})
	})
}

func held(b *testing.B, open func() (func(), error)) {
	const many = 1000
	for b.Loop() {
		before := inUse()
		var all []func()
		for range many {
			closing, err := open()
			if err != nil {
				b.Fatal(err)
			}
			all = append(all, closing)
		}
		b.ReportMetric(float64(inUse()-before)/many, "B/conn")
		for _, closing := range all {
			closing()
		}
	}
}

// inUse is what lives on the heap and the stacks.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
