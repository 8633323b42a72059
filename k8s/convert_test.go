package k8s

import (
	"testing"
	"testing/synctest"
	"unsafe"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

func TestRedisContainer(t *testing.T) {
	named := func(name, id string, ports ...portRow) containerRow {
		return containerRow{name: name, id: id, ports: ports}
	}
	redisPort, metrics := portRow{"redis", 6380}, portRow{"metrics", 9121}
	for _, c := range []struct {
		name       string
		containers []containerRow
		wanted     int
		id         string
		port       int
	}{
		{"none at all", nil, 0, "", 6379},
		{"the first, for want of better", []containerRow{named("a", "1"), named("b", "2")}, 0, "1", 6379},
		{"by name", []containerRow{named("a", "1"), named("redis", "2")}, 0, "2", 6379},
		{"by usual port", []containerRow{named("a", "1", metrics), named("b", "2", portRow{"", 6379})}, 0, "2", 6379},
		{"by port name, with that port", []containerRow{named("redis", "1", metrics), named("b", "2", metrics, redisPort)}, 0, "2", 6380},
		{"by name, with the only port that it declares", []containerRow{named("redis", "1", portRow{"tcp-redis", 6380})}, 0, "1", 6380},
		{"by name, with a port without a name", []containerRow{named("redis", "1", portRow{"", 7000})}, 0, "1", 7000},
		{"by name, with the port that is called like it", []containerRow{named("redis", "1", portRow{"redis-exporter", 9121}, portRow{"client", 7000}, portRow{"tcp-redis", 7001})}, 0, "1", 7001},
		{"by name, with the port that is not another's", []containerRow{named("redis", "1", metrics, portRow{"http-probe", 8080}, portRow{"client", 7000})}, 0, "1", 7000},
		{"by name, with other ports alone", []containerRow{named("redis", "1", metrics)}, 0, "1", 6379},
		{"by name, with the usual port before others", []containerRow{named("redis", "1", portRow{"tls", 6380}, portRow{"plain", 6379})}, 0, "1", 6379},
		{"by a port that is called like it", []containerRow{named("proxy", "1", metrics), named("cache", "2", portRow{"tcp-valkey", 7000})}, 0, "2", 7000},
		{"by a name like it", []containerRow{named("proxy", "1", metrics), named("my-redis", "2", portRow{"client", 7000})}, 0, "2", 7000},
		{"the only one, with its port", []containerRow{named("cache", "1", portRow{"client", 7000})}, 0, "1", 7000},
		{"by wanted port before all", []containerRow{named("redis", "1", redisPort), named("b", "2", portRow{"x", 7000})}, 7000, "2", 7000},
		{"a wanted port that nobody declares", []containerRow{named("a", "1"), named("b", "2", redisPort)}, 7000, "2", 7000},
	} {
		if found, port := redisContainer(c.containers, c.wanted); found.id != c.id || port != c.port {
			t.Errorf("%s: container %q port %d, want %q port %d", c.name, found.id, port, c.id, c.port)
		}
	}
}

func TestOrdinal(t *testing.T) {
	for pod, want := range map[string]int{
		"redis-0": 0, "redis-12": 12, "dev-redis-cache-3": 3, "redis": 0, "redis-": 0, "redis-x": 0,
		"redis-99999999999999999999": 0, "web-7f9-2": 2,
	} {
		if got := ordinal(pod); got != want {
			t.Errorf("%s: %d, want %d", pod, got, want)
		}
	}
}

func TestPeerID(t *testing.T) {
	a, b := PeerID("00000000-0000-0000-0000-000000000001"), PeerID("00000000-0000-0000-0000-000000000002")
	if len(a) != 40 || a == b || a != PeerID("00000000-0000-0000-0000-000000000001") {
		t.Errorf("%q and %q", a, b)
	}
}

// TestRowsAreSmall holds the memory per pod: a typed Pod is about 18 kB.
func TestRowsAreSmall(t *testing.T) {
	row := unsafe.Sizeof(podRow{}) + 2*unsafe.Sizeof(containerRow{}) + 2*unsafe.Sizeof(portRow{})
	if row > 496 {
		t.Errorf("a pod's row takes %d bytes without its texts", row)
	}
}

// TestLastGoodValueOutlivesTheStatefulSet: the options in force stay while only
// the pods are left, and are forgotten with them.
func TestLastGoodValueOutlivesTheStatefulSet(t *testing.T) {
	s := newSettings()
	s.read("m", &setRow{options: map[string]string{Prefix + "quorum": "3"}})
	if got := s.inForce("m").config.Quorum; got != 3 {
		t.Errorf("quorum %d, want 3", got)
	}
	s.forget("m")
	if got := s.inForce("m").config; got != sentinel.Defaults() {
		t.Errorf("after all: %+v", got)
	}
}

// TestWhatIsNotReadIsTakenCautiously: a replica of the service that has just started knows no good
// value from before, and a mistake must not let it take over what was to be observed.
func TestWhatIsNotReadIsTakenCautiously(t *testing.T) {
	wrong := &setRow{options: map[string]string{Prefix + "mode": "Observe", Prefix + "on-total-loss": "ask", Prefix + "quorum": "x"}}
	s := newSettings()
	v, problems := s.read("m", wrong)
	if v.config.Mode != sentinel.Observe || v.config.OnTotalLoss != sentinel.ManualLoss || v.config.Quorum != sentinel.Defaults().Quorum || len(problems) != 3 {
		t.Errorf("%+v, told %v", v.config, problems)
	}
	if v, _ := s.read("m", &setRow{}); v.config != sentinel.Defaults() {
		t.Errorf("without annotations: %+v", v.config)
	}
	if v, _ := s.read("m", wrong); v.config.Mode != sentinel.Manage || v.config.OnTotalLoss != sentinel.AcceptLoss {
		t.Errorf("a mistake takes the last good value away: %+v", v.config)
	}
}

func FuzzParseOptions(f *testing.F) {
	f.Add("down-after-milliseconds", "5000")
	f.Add("port", "-1")
	f.Add("on-total-loss", "")
	f.Fuzz(func(t *testing.T, name, value string) {
		old := defaults()
		v, wrong := parseOptions(map[string]string{Prefix + name: value}, old)
		if len(wrong) > 0 && v != old {
			t.Errorf("%s=%q is refused and changes %+v", name, value, v)
		}
		if v.config.DownAfter <= 0 || v.config.FailoverTimeout <= 0 || v.config.Quorum < 1 || v.config.ParallelSyncs < 1 || v.port < 0 {
			t.Errorf("%s=%q gives %+v", name, value, v)
		}
	})
}

// TestOnlyTheLeaderWritesEventsAboutMistakes: all replicas of the service see a
// mistake, and one writes the Event, also about mistakes from before its term.
func TestOnlyTheLeaderWritesEventsAboutMistakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(t, "create events")
		health := newHealth(testNamespace, quietLog(), nil)
		events := newEvents(api, testNamespace, "a", health)
		defer events.shutDown()
		p := newProblems(quietLog(), events, nil)
		one := problem{InvalidOption, "m", setRef(identity{namespace: testNamespace, name: "redis", uid: "u"}), "text"}
		p.replace("m", []problem{one})
		synctest.Wait()
		if calls := api.made(); len(calls) > 0 {
			t.Errorf("not leading: %q", calls)
		}
		p.lead(true)
		p.replace("m", []problem{one})
		synctest.Wait()
		if got := newEventsOf(t, api); got != "event Warning InvalidOption on StatefulSet redis u: text\n" {
			t.Errorf("leading: %q", got)
		}
	})
}
