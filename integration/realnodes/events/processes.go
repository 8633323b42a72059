package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/load"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/release"
)

var crash = Event{
	Key: "crash", Name: "`kill -9` redis-server", Aim: "median < 80, worst < 250 ms; 0 lost; plain client median < 0.6, worst < 1.5 s",
	Kills: true,
	Tells: []Teller{tellGap, tellPlain, tellLost},
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		return s.crashed(ctx, func(ctx context.Context, pod string) error {
			server, err := s.Redis(ctx, pod)
			if err != nil {
				return err
			}
			return server.Kill()
		})
	},
}

// outOfMemory lets a script take more than the container may have, quickly: it is Redis's one
// thread that runs it. What it takes is no data, so that no replica has to take it, too. As long
// as it runs Redis answers nobody, and lives: that part of the gap is the script's own.
var outOfMemory = Event{
	Key: "oom", Name: "OOM kill of the master", Aim: "< 250 ms, 0 lost",
	Kills: true,
	Tells: []Teller{labelled("from the end of the process", tellTook), labelled("with the script before it", tellGap), tellLost},
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		var ran time.Duration
		round, err := s.crashed(ctx, func(ctx context.Context, pod string) (err error) {
			if ran, err = s.takeMemory(ctx, pod); err != nil {
				return err
			}
			return s.oomKilled(ctx, pod)
		})
		round.Took = max(round.Gap-ran, 0)
		return round, err
	},
}

// takeMemory runs the script, and tells how long it ran until the kernel had ended Redis and
// closed the connection.
func (s *Stage) takeMemory(ctx context.Context, pod string) (time.Duration, error) {
	client, err := s.Server(ctx, pod, "")
	if err != nil {
		return 0, err
	}
	defer func() { _ = client.Close() }()
	if err := client.Ping(ctx).Err(); err != nil {
		return 0, err
	}
	script := `local s = string.rep('x', 1048576) for i = 1, 12 do s = s .. s end return #s`
	began := time.Now()
	if answer, err := client.Eval(ctx, script, nil).Result(); err == nil {
		return 0, fmt.Errorf("the script ended with %v: there is no limit", answer)
	}
	return time.Since(began), nil
}

// oomKilled waits until the kubelet has told why the container ended.
func (s *Stage) oomKilled(ctx context.Context, pod string) error {
	return realnodes.Wait(ctx, patience, "the end of "+pod+"'s container", func(ctx context.Context) error {
		containers, err := s.Containers(ctx)
		if err != nil {
			return err
		}
		ended := containers[pod].LastTerminationState.Terminated
		if ended == nil {
			ended = containers[pod].State.Terminated
		}
		if ended == nil || ended.Reason != "OOMKilled" {
			return fmt.Errorf("it says %+v", ended)
		}
		return nil
	})
}

// crashed ends the master's process in some way, once for the pod, and waits for its successor.
func (s *Stage) crashed(ctx context.Context, end func(ctx context.Context, pod string) error) (Round, error) {
	if err := s.fresh(ctx); err != nil {
		return Round{}, err
	}
	pod, _, err := s.masterAndNode(ctx)
	if err != nil {
		return Round{}, err
	}
	round, err := s.during(ctx, extra{}, func(u *under) error {
		if err := end(ctx, pod); err != nil {
			return err
		}
		return u.switched(ctx)
	})
	return round, errors.Join(err, wants(round.Switches == 1, "%d switches", round.Switches))
}

// crashLoop kills the process of one pod as soon as it is there again, so that its kubelet
// waits for 10 s and longer; the others carry on.
var crashLoop = Event{
	Key: "loop", Name: "the same pod's container killed again and again (back-off)", Aim: "0 lost, two pods carry on", Slow: true,
	Kills: true,
	Tells: []Teller{tellGap, tellLost, tellSwitches},
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		return s.crashed(ctx, func(ctx context.Context, pod string) (err error) {
			var last release.Process
			for range 3 {
				if last, err = s.killNext(ctx, pod, last); err != nil {
					return err
				}
			}
			return nil
		})
	},
}

// killNext waits until a pod has another process than the last one, and kills it.
func (s *Stage) killNext(ctx context.Context, pod string, last release.Process) (now release.Process, err error) {
	err = realnodes.Wait(ctx, patience, "another process of "+pod, func(ctx context.Context) (err error) {
		if now, err = s.Redis(ctx, pod); err == nil && now == last {
			err = fmt.Errorf("still %d", now.PID)
		}
		return err
	})
	if err != nil {
		return now, err
	}
	return now, now.Kill()
}

// leaderAndMaster kills the leading service and the master at once. Every second time the
// master's container has crashed before, so that it stays away for 10 s.
var leaderAndMaster = Event{
	Key: "leader", Name: "leader and master killed together", Aim: "worst < 4 s",
	Kills: true,
	Tells: []Teller{tellGap, tellPlain, tellLost},
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		if err := s.freshService(ctx); err != nil {
			return Round{}, err
		}
		s.leaders++
		if s.leaders%2 == 0 {
			if err := s.crashedOnce(ctx); err != nil {
				return Round{}, err
			}
		} else if err := s.fresh(ctx); err != nil {
			return Round{}, err
		}
		service, server, err := s.leaderAndServer(ctx)
		if err != nil {
			return Round{}, err
		}
		return s.during(ctx, extra{}, func(u *under) error {
			if err := errors.Join(service.Kill(), server.Kill()); err != nil {
				return err
			}
			return u.switched(ctx)
		})
	},
}

// leaderAndServer are the processes of the leading service and of the master.
func (s *Stage) leaderAndServer(ctx context.Context) (service, server release.Process, err error) {
	pod, _, err := s.masterAndNode(ctx)
	if err != nil {
		return service, server, err
	}
	leader, err := s.Leader(ctx)
	if err != nil {
		return service, server, err
	}
	if service, err = s.Service(ctx, leader); err != nil {
		return service, server, err
	}
	server, err = s.Redis(ctx, pod)
	return service, server, err
}

// everybody kills all servers at once. The data is gone; the time is that from the first
// process that is back to the first acknowledged write.
var everybody = Event{
	Key: "all", Name: "all three Redis killed (10 s of back-off is Kubernetes')", Aim: "writable < 3 s after the first container is back", Loses: true,
	Tells: []Teller{tellTook},
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		if err := s.fresh(ctx); err != nil {
			return Round{}, err
		}
		var took time.Duration
		round, err := s.during(ctx, extra{}, func(u *under) error {
			killed, err := s.killAll(ctx)
			if err != nil {
				return err
			}
			back, err := s.firstBack(ctx, killed)
			if err != nil {
				return err
			}
			err = u.more(ctx, 1, load.Sentinel)
			took = time.Since(back)
			return err
		})
		round.Took = took
		return round, err
	},
}

// killAll kills the servers of all pods at once.
func (s *Stage) killAll(ctx context.Context) (servers map[string]release.Process, err error) {
	servers = map[string]release.Process{}
	for n := range 3 {
		if servers[s.Pod(n)], err = s.Redis(ctx, s.Pod(n)); err != nil {
			return nil, err
		}
	}
	for _, server := range servers {
		err = errors.Join(err, server.Kill())
	}
	return servers, err
}

// firstBack is when the first of these pods had another process.
func (s *Stage) firstBack(ctx context.Context, were map[string]release.Process) (at time.Time, err error) {
	err = realnodes.Wait(ctx, patience, "a process that is back", func(ctx context.Context) error {
		for pod, was := range were {
			if now, err := s.Redis(ctx, pod); err == nil && now != was {
				at = time.Now()
				return nil
			}
		}
		return errors.New("none")
	})
	return at, err
}

// wants is an error when what must hold does not.
func wants(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(format, args...)
}
