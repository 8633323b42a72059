package versions

import (
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/single"
)

// TestMasterWithoutRoom: a master that has all the clients it may have takes no connection of the
// service either. Its replicas hear it, so that nobody takes its place, and there is room again one day.
func TestMasterWithoutRoom(t *testing.T) {
	for _, v := range versions {
		t.Run(v.name, func(t *testing.T) {
			s := single.Start(t, v.program(t), "127.0.55", 3)
			fill(t, s)
			old := s.Master()
			conn := client(t, old).Conn()
			defer conn.Close()
			room := func(clients string) {
				t.Helper()
				if err := conn.ConfigSet(t.Context(), "maxclients", clients).Err(); err != nil {
					t.Fatal(err)
				}
			}
			room("1")
			all, err := conn.ClientList(t.Context()).Result()
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(all) {
				if id, rest, _ := strings.Cut(line, " "); !strings.Contains(rest, " cmd=client") && !strings.Contains(rest, " flags=S") {
					if err := conn.ClientKillByFilter(t.Context(), "ID", strings.TrimPrefix(id, "id=")).Err(); err != nil {
						t.Fatal(err)
					}
				}
			}
			redis.Eventually(t, time.Minute, "the service tells that it does not reach the master", func() bool { return s.Told("MasterSilentHere") > 0 })
			room("1000")
			s.Await("-sdown")
			if s.Master() != old || s.Told("MasterSwitched") != 1 {
				t.Errorf("the master is %s, and was %s: switched %d times", s.Master(), old, s.Told("MasterSwitched"))
			}
			whole(t, s)
		})
	}
}
