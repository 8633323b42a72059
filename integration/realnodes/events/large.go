package events

import (
	"context"
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
)

// With gigabytes, what takes no time with a little data takes minutes: a fork, a full sync,
// a load. What happens then is what these events are about.

// LargeEvents are the rows of the table of large data, in its order.
func LargeEvents() []Event {
	var all []Event
	for _, event := range []Event{crash, failover, replicaCrash, crashWhileLoading, deletePod, upgrade, nodeKilled, everybody} {
		event.Tells = []Teller{tellGap, labelled("whole after", tellWhole), tellLost}
		if event.Key == everybody.Key {
			event.Tells = []Teller{labelled("writable after", tellTook), labelled("whole after", tellWhole)}
		}
		all = append(all, event)
	}
	return all
}

// keeps lets an event happen to a set with much data: all keys are there afterwards, unless
// everybody that had them was killed, and nobody was killed for taking long.
func (s *Stage) keeps(ctx context.Context, event Event) (Round, error) {
	round, err := event.Do(ctx, s)
	if err != nil {
		return round, err
	}
	now, err := s.Settled(ctx)
	if err != nil {
		return round, err
	}
	server, err := s.Server(ctx, now.Pod, "")
	if err != nil {
		return round, err
	}
	defer func() { _ = server.Close() }()
	if event.Key == everybody.Key {
		err = wants(s.checkKept(ctx, server) != nil, "the data is there, though all that had it were killed")
	} else {
		err = s.checkKept(ctx, server)
	}
	return round, errors.Join(err, s.noneImpatient(ctx))
}

// noneImpatient is an error if a kubelet killed a container that did not answer its probes.
func (s *Stage) noneImpatient(ctx context.Context) error {
	events, err := s.Client.CoreV1().Events(s.Namespace).List(ctx, metav1.ListOptions{FieldSelector: "reason=Killing"})
	if err != nil {
		return err
	}
	for _, event := range events.Items {
		if strings.Contains(event.Message, "probe") {
			return fmt.Errorf("%s: %s", event.InvolvedObject.Name, event.Message)
		}
	}
	return nil
}

// failover is a planned switch that a person orders.
var failover = Event{
	Key: "failover", Name: "`SENTINEL FAILOVER`", Aim: "< 60 ms, 0 lost",
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		return s.planned(ctx, func(ctx context.Context, _ string, _ *realnodes.Node) error {
			return s.order(ctx)
		})
	},
}

// replicaCrash makes one replica take everything anew.
var replicaCrash = Event{
	Key: "replica", Name: "`kill -9` of a replica", Aim: "no switch, 0 lost",
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		if err := s.fresh(ctx); err != nil {
			return Round{}, err
		}
		replicas, err := s.replicas(ctx)
		if err != nil {
			return Round{}, err
		}
		round, err := s.during(ctx, extra{}, func(*under) error { return s.killServer(ctx, replicas[0]) })
		return round, errors.Join(err, wants(round.Switches == 0, "%d switches", round.Switches))
	},
}

// crashWhileLoading kills the master while one of its two replicas is loading. The other one
// must become master, never the one that has half of the data.
var crashWhileLoading = Event{
	Key: "loading", Name: "`kill -9` of the master while a replica is loading", Aim: "0 lost", Kills: true,
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		if err := s.fresh(ctx); err != nil {
			return Round{}, err
		}
		master, _, err := s.masterAndNode(ctx)
		if err != nil {
			return Round{}, err
		}
		replicas, err := s.replicas(ctx)
		if err != nil {
			return Round{}, err
		}
		round, err := s.during(ctx, extra{}, func(u *under) error {
			if err := errors.Join(s.killServer(ctx, replicas[0]), s.syncing(ctx, replicas[0])); err != nil {
				return err
			}
			if err := s.killServer(ctx, master); err != nil {
				return err
			}
			return u.switched(ctx)
		})
		return round, errors.Join(err, wants(round.Switches == 1, "%d switches", round.Switches))
	},
}

// replicas are the pods that are not the master's.
func (s *Stage) replicas(ctx context.Context) (pods []string, err error) {
	now, err := s.Settled(ctx)
	for n := range 3 {
		if pod := s.Pod(n); pod != now.Pod {
			pods = append(pods, pod)
		}
	}
	return pods, err
}

func (s *Stage) killServer(ctx context.Context, pod string) error {
	server, err := s.Redis(ctx, pod)
	if err != nil {
		return err
	}
	return server.Kill()
}

// syncing waits until a pod's new process receives its data, or loads it.
func (s *Stage) syncing(ctx context.Context, pod string) error {
	server, err := s.Server(ctx, pod, "")
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	return realnodes.Wait(ctx, s.Patience, pod+" to take a full sync", func(ctx context.Context) error {
		info, err := server.Info(ctx).Result()
		if err == nil && !strings.Contains(info, "\nmaster_sync_in_progress:1") && !strings.Contains(info, "\nloading:1") {
			err = errors.New("it does not")
		}
		return err
	})
}
