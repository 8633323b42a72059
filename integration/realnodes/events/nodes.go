package events

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/load"
)

// kubeletStopped leaves a Redis alive that nobody watches over. Its node is told to be
// unreachable after 50 s, and its pod not to be ready; Took is from then to the first write
// of a plain client.
var kubeletStopped = Event{
	Key: "kubelet", Name: "kubelet stopped, Redis alive", Slow: true,
	Aim:   "plain client < 5 s after the pod went unready; Sentinel clients < 60 ms",
	Tells: []Teller{tellPlain, labelled("Sentinel client", tellGap), labelled("handed over after", tellTook), tellLost},
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		if err := s.afterSilence(ctx); err != nil {
			return Round{}, err
		}
		pod, node, err := s.masterAndNode(ctx)
		if err != nil {
			return Round{}, err
		}
		var took time.Duration
		round, err := s.during(ctx, extra{busy: []*realnodes.Node{node}}, func(u *under) (err error) {
			if err := node.Stop(ctx, realnodes.Kubelet); err != nil {
				return err
			}
			took, err = s.untilPlainWrites(ctx, u, pod)
			s.silence = time.Now()
			return errors.Join(err, node.StartKubelet(ctx))
		})
		round.Took = took
		return round, err
	},
}

// silenceApart is the time within which a set is not handed over twice because a kubelet is
// silent (silentAgain in package sentinel). A round that begins within it would measure that.
const silenceApart = time.Minute

// afterSilence waits until the round before, if there was one, has no effect on this one.
func (s *Stage) afterSilence(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(s.silence.Add(silenceApart))):
		return nil
	}
}

// untilPlainWrites waits until a pod is told not to be ready, for another master, and for
// the writes of a plain client.
func (s *Stage) untilPlainWrites(ctx context.Context, u *under, pod string) (time.Duration, error) {
	err := realnodes.Wait(ctx, patience, pod+" to be unready", func(ctx context.Context) error {
		pods, err := s.Pods(ctx, s.Namespace, cluster.RedisSelector(s.Name))
		if err == nil && cluster.Ready(pods[pod]) {
			err = errors.New("it is ready")
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	unready := time.Now()
	if err := u.switched(ctx); err != nil {
		return 0, err
	}
	if err := u.more(ctx, 1, load.Plain); err != nil {
		return 0, err
	}
	return time.Since(unready), nil
}

var containerdKilled = Event{
	Key: "containerd", Name: "containerd killed", Aim: "no switch",
	Tells: []Teller{tellGap, tellSwitches},
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		return s.undisturbed(ctx, func(ctx context.Context, node *realnodes.Node) error {
			return errors.Join(node.Stop(ctx, realnodes.Containerd), node.StartContainerd(ctx))
		})
	},
}

var kubeletRestarted = Event{
	Key: "kubelet-restart", Name: "kubelet restarted", Aim: "no switch",
	Tells: []Teller{tellGap, tellSwitches},
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		return s.undisturbed(ctx, func(ctx context.Context, node *realnodes.Node) error {
			return errors.Join(node.Stop(ctx, realnodes.Kubelet), node.StartKubelet(ctx))
		})
	},
}

// undisturbed does something to the master's node that must not matter.
func (s *Stage) undisturbed(ctx context.Context, do func(ctx context.Context, node *realnodes.Node) error) (Round, error) {
	_, node, err := s.masterAndNode(ctx)
	if err != nil {
		return Round{}, err
	}
	round, err := s.during(ctx, extra{}, func(u *under) error {
		if err := do(ctx, node); err != nil {
			return err
		}
		// Long enough for everything that watches the node to have looked at it again.
		return u.more(ctx, 3000, load.Sentinel)
	})
	return round, errors.Join(err, wants(round.Switches == 0, "%d switches", round.Switches))
}

var nodeCut = Event{
	Key: "cut", Name: "node cut off, healed", Aim: "< 7 s, 0 writes lost that followers were told", Kills: true,
	Tells: []Teller{tellApart(labelled("another master after", tellTook)), labelled("Sentinel client", tellGap), tellPlain, tellLost, tellMisled},
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		pod, node, beside, err := s.nodeToLose(ctx)
		if err != nil {
			return Round{}, err
		}
		var took, demoted time.Duration
		misled := 0
		round, err := s.during(ctx, extra{busy: []*realnodes.Node{node}}, func(u *under) error {
			if err := node.Machine.Unplug(); err != nil {
				return err
			}
			err := u.switched(ctx)
			took = time.Since(u.since)
			if err == nil {
				err = u.more(ctx, afterwards, load.Sentinel)
			}
			if err := errors.Join(err, node.Machine.Plug()); err != nil {
				return err
			}
			misled, demoted, err = s.misled(ctx, pod)
			return err
		})
		round.Beside, round.Took = beside, took
		round.Misled, round.Demoted = misled, demoted
		return round, errors.Join(err, wants(round.Switches == 1, "%d switches", round.Switches))
	},
}

// nodeKilled is a crash of the whole node, which comes back: the same pods with other addresses.
var nodeKilled = Event{
	Key: "node", Name: "node killed and booted (same pod, new IP)", Aim: "< 250 ms", Loses: true,
	Tells: []Teller{tellApart(labelled("another master after", tellTook)), labelled("Sentinel client", tellGap), tellPlain, tellLost},
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		pod, node, beside, err := s.nodeToLose(ctx)
		if err != nil {
			return Round{}, err
		}
		var took time.Duration
		was, err := s.PodIP(ctx, pod)
		if err != nil {
			return Round{}, err
		}
		round, err := s.during(ctx, extra{busy: []*realnodes.Node{node}}, func(u *under) error {
			var booted sync.WaitGroup
			killed := node.Kill()
			var boot error
			booted.Go(func() { boot = node.Boot(ctx) })
			err := u.switched(ctx)
			took = time.Since(u.since)
			booted.Wait()
			return errors.Join(killed, err, boot)
		})
		round.Beside, round.Took = beside, took
		if err != nil {
			return round, err
		}
		now, err := s.PodIP(ctx, pod)
		return round, errors.Join(err, wants(now != was, "%s has the address %s as before", pod, now), s.FindWriters(ctx), s.fresh(ctx))
	},
}

// nodeToLose is the master's. Every second time the service is led from there, too, so that
// the others have to miss the leader before they can do anything for the master.
func (s *Stage) nodeToLose(ctx context.Context) (pod string, node *realnodes.Node, beside bool, err error) {
	if pod, node, err = s.masterAndNode(ctx); err != nil {
		return "", nil, false, err
	}
	s.lost++
	beside = s.lost%2 == 0
	return pod, node, beside, s.leaderBeside(ctx, node, beside)
}

// misled writes straight to a master that is back, as a client does that was told of it by
// a replica of the service that was cut off with it, until it is a master no more.
func (s *Stage) misled(ctx context.Context, pod string) (taken int, demoted time.Duration, err error) {
	server, err := s.Server(ctx, pod, "")
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = server.Close() }()
	began := time.Now()
	for time.Since(began) < s.Patience {
		switch err := misledWrite(ctx, server); {
		case err == nil:
			taken++
		case redis.HasErrorPrefix(err, "READONLY"), redis.HasErrorPrefix(err, "MASTERDOWN"):
			return taken, time.Since(began), nil
		}
	}
	return taken, 0, fmt.Errorf("%s is a master after %s still", pod, s.Patience)
}

func misledWrite(ctx context.Context, server *redis.Client) error {
	ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	return server.Set(ctx, "misled", 1, time.Second).Err()
}
