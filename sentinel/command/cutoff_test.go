package command_test

import (
	"errors"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
)

// TestCutOffNamesNobody: a client goes on to the next Sentinel when it gets no address, or,
// as redis-py, which asks for all masters, when the master is down.
func TestCutOffNamesNobody(t *testing.T) {
	s := start(t, command.Options{})
	client := redis.NewSentinelClient(&redis.Options{Addr: s.addr})
	defer client.Close()
	view := healthy()
	view.CutOff = true
	s.views.CommitMaster(view)
	if addr, err := client.GetMasterAddrByName(t.Context(), "mymaster").Result(); !errors.Is(err, redis.Nil) {
		t.Errorf("%q, %v: want no address", addr, err)
	}
	row, err := client.Master(t.Context(), "mymaster").Result()
	if err != nil || row["flags"] != "s_down,o_down,master" {
		t.Errorf("flags %q, %v", row["flags"], err)
	}
	s.views.CommitMaster(healthy())
	if addr, err := client.GetMasterAddrByName(t.Context(), "mymaster").Result(); err != nil || addr[0] != "127.0.0.1" {
		t.Errorf("%q, %v after it is not cut off any more", addr, err)
	}
}
