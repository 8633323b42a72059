package fleet_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/fleet"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	rnode "github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// server is a real Redis or a modelled one.
type server struct {
	addr    sentinel.Addr
	kill    func()
	restart func()
	conn    *rnode.Conn
}

// side is one set of servers and what has been told of them.
type side struct {
	t       *testing.T
	servers []*server
	story   strings.Builder
	ids     map[string]string // replication ids and run ids, as letters in order of appearance
	fields  map[string]bool   // of INFO
}

func realSide(t *testing.T, subnet int) *side {
	s := &side{t: t}
	for i := range 3 {
		r := redis.Start(t, fmt.Sprintf("127.%d.254.%d", subnet, i+1), fleet.Port, redis.Fence...)
		s.servers = append(s.servers, &server{
			addr: sentinel.Addr{Host: r.Host, Port: r.Port}, kill: r.Kill, restart: func() { r.Restart(t) },
		})
	}
	return s
}

func modelSide(t *testing.T, subnet int) *side {
	f := fleet.New(subnet)
	t.Cleanup(f.Close)
	set, err := f.Add("a", 3)
	if err != nil {
		t.Fatal(err)
	}
	s := &side{t: t}
	for _, m := range set.Servers {
		s.servers = append(s.servers, &server{addr: sentinel.Addr{Host: m.Host, Port: m.Port}, kill: m.Crash, restart: func() {
			if err := m.Start(); err != nil {
				t.Fatal(err)
			}
		}})
	}
	return s
}

func (s *side) dial(i int) {
	s.t.Helper()
	conn, _, err := rnode.Dial(s.t.Context(), s.servers[i].addr, "ctl-4", rnode.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.servers[i].conn = conn
	s.t.Cleanup(conn.Close)
}

func (s *side) another(i int, name string) *rnode.Conn {
	s.t.Helper()
	conn, _, err := rnode.Dial(s.t.Context(), s.servers[i].addr, name, rnode.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(conn.Close)
	return conn
}

func (s *side) lost(c *rnode.Conn, what string) {
	s.t.Helper()
	select {
	case <-c.Lost():
	case <-time.After(patience):
		s.t.Errorf("%s is still connected", what)
	}
}

func (s *side) crash(i int) {
	s.t.Helper()
	s.servers[i].kill()
	s.lost(s.servers[i].conn, "a client of a process that is gone")
	_, _, err := rnode.Dial(s.t.Context(), s.servers[i].addr, "ctl-4", rnode.Options{})
	if !errors.Is(err, syscall.ECONNREFUSED) {
		s.t.Errorf("where it was: %v, want connection refused", err)
	}
	s.servers[i].conn = nil
}

func (s *side) follow(i, master int, cut bool) {
	s.t.Helper()
	s.do(i, fmt.Sprint("follows ", master), func(c *rnode.Conn) (sentinel.Snapshot, error) {
		return c.Follow(s.t.Context(), s.servers[master].addr, cut)
	})
}

// do gives a command and tells what it returned of the server, but for what is
// still about to change.
func (s *side) do(i int, what string, do func(*rnode.Conn) (sentinel.Snapshot, error)) {
	s.t.Helper()
	got, err := do(s.servers[i].conn)
	if err != nil {
		s.t.Fatalf("%d %s: %v", i, what, err)
	}
	fmt.Fprintf(&s.story, "%d %s: %s of %s, %s\n", i, what, got.Role, s.nameOf(got.MasterAddr), s.letter(got.RunID))
}

func (s *side) write(i int, want string) {
	s.t.Helper()
	client := goredis.NewClient(&goredis.Options{Addr: s.servers[i].addr.String(), MaxRetries: -1, Protocol: 2, DisableIdentity: true})
	defer client.Close()
	got, err := client.Set(s.t.Context(), fmt.Sprint(s.story.Len()), "v", 0).Result()
	if err != nil {
		got = err.Error()
	}
	if !strings.HasPrefix(got, want) {
		s.t.Errorf("SET at %d: %s, want %s", i, got, want)
	}
	fmt.Fprintf(&s.story, "%d is written to: %s\n", i, got)
}

func (s *side) snapshot(i int) sentinel.Snapshot {
	s.t.Helper()
	got, err := s.servers[i].conn.Snapshot(s.t.Context())
	if err != nil {
		s.t.Fatalf("%d: %v", i, err)
	}
	for line := range strings.Lines(got.Info) {
		if field, _, ok := strings.Cut(line, ":"); ok {
			s.fields[field] = true
		}
	}
	return got
}

func (s *side) until(what string, ok func() bool) {
	s.t.Helper()
	redis.Eventually(s.t, patience, what, ok)
}

// inSync waits until a master lists these replicas and they have all that it has.
func (s *side) inSync(master int, replicas ...int) {
	s.t.Helper()
	s.until("in sync", func() bool {
		m := s.snapshot(master)
		online := 0
		for _, a := range m.Attached {
			if a.Online && a.Lag < 2*time.Second {
				online++
			}
		}
		for _, i := range replicas {
			r := s.snapshot(i)
			if !r.LinkUp || r.MasterAddr != s.servers[master].addr || r.Offset < m.Offset || r.Keys != m.Keys {
				return false
			}
		}
		return online == len(replicas)
	})
}

// tell describes all servers by what the service looks at.
func (s *side) tell(when string) {
	s.t.Helper()
	fmt.Fprintf(&s.story, "-- %s\n", when)
	for i := range s.servers {
		if s.servers[i].conn != nil {
			fmt.Fprintf(&s.story, "%d %s\n", i, s.describe(s.snapshot(i)))
		}
	}
}

func (s *side) describe(v sentinel.Snapshot) string {
	var attached []string
	for _, a := range v.Attached {
		attached = append(attached, fmt.Sprintf("%s online=%v", s.nameOf(a.Addr), a.Online))
	}
	slices.Sort(attached)
	return fmt.Sprintf("%s run=%s of=%s fenced=%v link=%v syncing=%v id=%s id2=%s upto2=%v keys=%d prio=%d needs=%v announced=%v loading=%v %v",
		v.Role, s.letter(v.RunID), s.nameOf(v.MasterAddr), v.Fenced(), v.LinkUp, v.SyncInProgress, s.letter(v.ReplID), s.letter(v.ReplID2),
		v.ReplID2 == "" || 0 < v.SecondOffset && v.SecondOffset <= v.Offset+1,
		v.Keys, v.Priority, v.NeedsReplicas, v.Announced, v.Loading, attached)
}

func (s *side) nameOf(a sentinel.Addr) string {
	switch i := slices.IndexFunc(s.servers, func(x *server) bool { return x.addr == a }); {
	case i >= 0:
		return fmt.Sprint(i)
	case a == sentinel.Nowhere:
		return "nowhere"
	case a.IsZero():
		return "nobody"
	default:
		return a.String()
	}
}

func (s *side) letter(id string) string {
	if id == "" {
		return "-"
	}
	if s.ids[id] == "" {
		s.ids[id] = string(rune('a' + len(s.ids)))
	}
	return s.ids[id]
}
