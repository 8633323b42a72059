package command_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
)

// What a healthy row looks like is held by the conformance transcripts; here are
// the states that a real Sentinel cannot be brought into quickly.
func TestMasterRow(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*sentinel.View)
		want   map[string]string // "" stands for an absent field
	}{
		{"healthy", func(*sentinel.View) {}, map[string]string{
			"flags": "master", "config-epoch": "7", "num-slaves": "2", "role-reported": "master",
			"info-refresh": "2000", "last-ok-ping-reply": "2000", "last-ping-sent": "0", "role-reported-time": "2000",
			"s-down-time": "", "o-down-time": "", "failover-state": "", "down-after-milliseconds": "2000",
		}},
		{"down", func(v *sentinel.View) {
			v.Master.SDown, v.Master.SDownTime = true, now.Add(-3*time.Second)
			v.Master.ODown, v.Master.ODownTime = true, now.Add(-time.Second)
			v.Master.Disconnected = true
		}, map[string]string{
			"flags": "s_down,o_down,master,disconnected", "s-down-time": "3000", "o-down-time": "1000",
		}},
		{"failing over, as asked", func(v *sentinel.View) {
			v.Failover, v.Forced = sentinel.WaitPromotion, true
		}, map[string]string{
			"flags": "master,failover_in_progress,force_failover", "failover-state": "wait_promotion",
		}},
		{"waiting for a PONG", func(v *sentinel.View) {
			v.Master.Vitals.PingSent(now.Add(-500 * time.Millisecond))
		}, map[string]string{
			"flags": "master", "last-ping-sent": "500", "link-pending-commands": "1",
		}},
		{"demoted behind our back", func(v *sentinel.View) {
			v.Master = instance("127.0.0.1", following("127.0.0.9"))
		}, map[string]string{"flags": "master", "role-reported": "slave"}},
		{"never probed", func(v *sentinel.View) { v.Master.Vitals = nil }, map[string]string{
			"flags": "master", "role-reported": "master", "info-refresh": "0", "last-ok-ping-reply": "0",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			view := healthy()
			test.change(view)
			s := start(t, command.Options{})
			s.views.CommitMaster(view)
			compare(t, test.want, s.fields(t, "SENTINEL", "MASTER", "mymaster"))
		})
	}
}

func TestReplicaRow(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*sentinel.InstanceView)
		want   map[string]string
	}{
		{"healthy", func(*sentinel.InstanceView) {}, map[string]string{
			"name": "127.0.0.2:6379", "flags": "slave", "master-host": "127.0.0.1", "master-port": "6379", "master-link-status": "ok",
			"slave-priority": "90", "slave-repl-offset": "1234", "replica-announced": "1", "s-down-time": "",
		}},
		{"down", func(i *sentinel.InstanceView) {
			i.SDown, i.SDownTime, i.Disconnected = true, now.Add(-time.Second), true
		}, map[string]string{"flags": "s_down,slave,disconnected", "s-down-time": "1000"}},
		{"fenced", func(i *sentinel.InstanceView) {
			s := following(sentinel.Nowhere.Host)
			s.MasterAddr, s.LinkUp, s.LinkDownFor = sentinel.Nowhere, false, 3*time.Second
			*i = instance("127.0.0.2", s)
		}, map[string]string{"master-host": "?", "master-port": "0", "master-link-status": "err", "master-link-down-time": "3000"}},
		{"promoted", func(i *sentinel.InstanceView) { i.Promoted = true }, map[string]string{"flags": "slave,promoted"}},
		{"never read", func(i *sentinel.InstanceView) { i.Vitals = nil }, map[string]string{
			"role-reported": "slave", "master-link-status": "err", "master-host": "?", "slave-priority": "100", "slave-repl-offset": "0",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			view := healthy()
			test.change(&view.Replicas[0])
			s := start(t, command.Options{})
			s.views.CommitMaster(view)
			compare(t, test.want, s.rows(t, "SENTINEL", "REPLICAS", "mymaster")[0])
		})
	}
}

func TestUnannouncedReplicaIsHiddenButCounted(t *testing.T) {
	view := healthy()
	quiet := following("127.0.0.1")
	quiet.Announced = false
	view.Replicas[0] = instance("127.0.0.2", quiet)
	s := start(t, command.Options{})
	s.views.CommitMaster(view)
	if n := len(s.rows(t, "SENTINEL", "SLAVES", "mymaster")); n != 1 {
		t.Errorf("%d replicas listed", n)
	}
	compare(t, map[string]string{"num-slaves": "2"}, s.fields(t, "SENTINEL", "MASTER", "mymaster"))
}

func TestPeerRows(t *testing.T) {
	s := start(t, command.Options{})
	s.views.CommitPeers([]sentinel.Peer{
		{ID: id("b"), Addr: sentinel.Addr{Host: "127.0.0.8", Port: 26379}, Ready: true},
		{ID: id("c"), Addr: sentinel.Addr{Host: "127.0.0.9", Port: 26379}, SDown: true, SDownTime: now.Add(-time.Second)},
		{ID: id("d"), Addr: sentinel.Addr{Host: "127.0.0.7", Port: 26379}},
	})
	rows := s.rows(t, "SENTINEL", "SENTINELS", "mymaster")
	compare(t, map[string]string{"name": id("b"), "runid": id("b"), "ip": "127.0.0.8", "port": "26379", "flags": "sentinel", "s-down-time": ""}, rows[0])
	compare(t, map[string]string{"flags": "s_down,sentinel,disconnected", "s-down-time": "1000"}, rows[1])
	compare(t, map[string]string{"flags": "sentinel,disconnected", "s-down-time": ""}, rows[2])
}

// compare looks only at the fields that are wanted.
func compare(t *testing.T, want, have map[string]string) {
	t.Helper()
	seen := map[string]string{}
	for field := range want {
		seen[field] = have[field]
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}
