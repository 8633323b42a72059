package events

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/load"
)

// install is done beside the set that all other events happen to.
var install = Event{
	Key: "install", Name: "`helm install --wait`", Aim: "< 8 s",
	Tells: []Teller{tellTook},
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		return s.installBeside(ctx)
	},
}

var deletePod = Event{
	Key: "delete", Name: "`kubectl delete pod` of the master", Aim: "< 50 ms, 0 lost; plain client median < 0.6, worst < 1.5 s",
	Tells: []Teller{tellGap, tellPlain, tellLost},
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		return s.planned(ctx, func(ctx context.Context, pod string, _ *realnodes.Node) error {
			_, err := s.Kubectl(ctx, "-n", s.Namespace, "delete", "pod", pod)
			return err
		})
	},
}

var drain = Event{
	Key: "drain", Name: "`kubectl drain` of its node", Aim: "< 60 ms, 0 lost",
	Tells: []Teller{tellGap, tellPlain, tellLost},
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		return s.planned(ctx, func(ctx context.Context, _ string, node *realnodes.Node) error {
			_, err := s.Kubectl(ctx, "drain", node.Name, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=90s")
			_, back := s.Kubectl(ctx, "uncordon", node.Name)
			return errors.Join(err, back)
		})
	},
}

// planned lets something end the master that Kubernetes announces. Clients that read and
// write see one order of things all the while.
func (s *Stage) planned(ctx context.Context, do func(ctx context.Context, pod string, node *realnodes.Node) error) (Round, error) {
	pod, node, err := s.masterAndNode(ctx)
	if err != nil {
		return Round{}, err
	}
	round, err := s.during(ctx, extra{[]load.Kind{load.Registers}, []*realnodes.Node{node}}, func(u *under) error {
		if err := do(ctx, pod, node); err != nil {
			return err
		}
		return u.switched(ctx)
	})
	return round, errors.Join(err, wants(round.Switches == 1, "%d switches", round.Switches))
}

var upgrade = Event{
	Key: "upgrade", Name: "`helm upgrade` that rolls everything", Aim: "< 100 ms, 0 lost, one switch (two if the master is the last pod)",
	Tells: []Teller{tellGap, tellPlain, tellLost, tellSwitches},
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		s.rolled++
		return s.rollout(ctx, func(ctx context.Context) (time.Duration, error) {
			return s.Upgrade(ctx, rolling(s.Base, fmt.Sprint(s.rolled)))
		})
	},
}

// rolling are the values of the set with a template of every pod that is a new one.
func rolling(base cluster.Values, round string) cluster.Values {
	return merged(base, cluster.Values{
		"redis":    cluster.Values{"podAnnotations": cluster.Values{"example.org/round": round}},
		"sentinel": cluster.Values{"podAnnotations": cluster.Values{"example.org/round": round}},
	})
}

var rollback = Event{
	Key: "rollback", Name: "`helm rollback`", Aim: "< 100 ms, 0 lost, one switch (two if the master is the last pod)",
	Tells: []Teller{tellGap, tellPlain, tellLost, tellSwitches},
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		s.rolled++
		if _, err := s.Upgrade(ctx, rolling(s.Base, fmt.Sprint(s.rolled))); err != nil {
			return Round{}, err
		}
		return s.rollout(ctx, s.Rollback)
	},
}

// notLast makes the first pod the master if the last one is: a rollout takes the last pod
// first, when nobody has been replaced who could be master for good.
func (s *Stage) notLast(ctx context.Context) error {
	now, err := s.Settled(ctx)
	if err != nil || now.Pod != s.Pod(2) {
		return err
	}
	return s.backTo(ctx, s.Pod(0))
}

func (s *Stage) rollout(ctx context.Context, do func(context.Context) (time.Duration, error)) (Round, error) {
	if err := s.notLast(ctx); err != nil {
		return Round{}, err
	}
	var took time.Duration
	round, err := s.during(ctx, extra{kinds: []load.Kind{load.Registers}}, func(*under) (err error) {
		took, err = do(ctx)
		return err
	})
	round.Took = took
	return round, errors.Join(err, wants(round.Switches == 1, "%d switches", round.Switches))
}

var evictAll = Event{
	Key: "evict", Name: "eviction API on all pods at once", Aim: "< 60 ms, 0 lost, 429 for the others",
	Tells: []Teller{tellGap, tellLost},
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		if _, err := s.Settled(ctx); err != nil {
			return Round{}, err
		}
		return s.during(ctx, extra{kinds: []load.Kind{load.Registers}}, func(*under) error { return s.evictAll(ctx) })
	},
}

// evictAll asks for the end of every Redis pod at once: one may go.
func (s *Stage) evictAll(ctx context.Context) error {
	answers := make(chan error, 3)
	for n := range 3 {
		go func() {
			answers <- s.Client.CoreV1().Pods(s.Namespace).EvictV1(ctx, &policyv1.Eviction{
				ObjectMeta: metav1.ObjectMeta{Name: s.Pod(n), Namespace: s.Namespace},
			})
		}()
	}
	went, refused := 0, 0
	var errs []error
	for range 3 {
		err := <-answers
		switch {
		case err == nil:
			went++
		case apierrors.ReasonForError(err) == metav1.StatusReasonTooManyRequests:
			refused++
		default:
			errs = append(errs, err)
		}
	}
	errs = append(errs, wants(went == 1 && refused == 2, "%d went, %d got %d", went, refused, http.StatusTooManyRequests))
	return errors.Join(errs...)
}

// refusedMost is the share of refusals, one in so many, that is laid to a kube-proxy which
// sent clients to a pod for longer than the pod waits for it, on a busy computer.
const refusedMost = 200

// serviceRollout replaces the service's pods while clients ask it, one connection each time.
var serviceRollout = Event{
	Key: "service", Name: "rollout of the service, clients over its ClusterIP", Aim: "0 refusals, no switch",
	Tells: []Teller{tellRefused, tellSwitches},
	Do: func(ctx context.Context, s *Stage) (Round, error) {
		if _, err := s.Settled(ctx); err != nil {
			return Round{}, err
		}
		round, err := s.during(ctx, extra{kinds: []load.Kind{load.Asker}}, func(*under) error { return s.restartService(ctx) })
		return round, errors.Join(err, wants(round.Refused <= round.Asked/refusedMost, "%d of %d clients were refused", round.Refused, round.Asked), wants(round.Switches == 0, "%d switches", round.Switches))
	},
}

// restartService replaces all pods of the service, and returns when the last old one is gone:
// it is told to end when the last new one is ready, and takes its time.
func (s *Stage) restartService(ctx context.Context) error {
	deployment := "deployment/" + s.FullName() + "-sentinel"
	for _, args := range [][]string{{"rollout", "restart", deployment}, {"rollout", "status", deployment, "--timeout=2m"}} {
		if _, err := s.Kubectl(ctx, append([]string{"-n", s.Namespace}, args...)...); err != nil {
			return err
		}
	}
	return s.noneEnding(ctx)
}

func (s *Stage) noneEnding(ctx context.Context) error {
	return realnodes.Wait(ctx, patience, "three service pods", func(ctx context.Context) error {
		pods, err := s.servicePods(ctx)
		if err == nil && len(pods) != 3 {
			err = fmt.Errorf("%d", len(pods))
		}
		return err
	})
}
