package events

import (
	"context"
	"fmt"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/release"
)

// servicePods are the service's pods, with the number of their restarts.
func (s *Stage) servicePods(ctx context.Context) (map[string]int32, error) {
	pods, err := s.Pods(ctx, s.Namespace, cluster.ServiceSelector(s.Name))
	if err != nil {
		return nil, err
	}
	all := map[string]int32{}
	for name, pod := range pods {
		for _, status := range pod.Status.ContainerStatuses {
			all[name] = status.RestartCount
		}
	}
	return all, nil
}

// order asks for a planned failover.
func (s *Stage) order(ctx context.Context) error {
	return s.Order(ctx, "SENTINEL", "FAILOVER", release.Master)
}

// backTo makes a pod the master by a planned switch, as a person would who prefers it.
func (s *Stage) backTo(ctx context.Context, pod string) error {
	if _, err := s.Settled(ctx); err != nil {
		return err
	}
	server, err := s.Server(ctx, pod, "")
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	// Its process may have been killed a moment ago, and nobody has noticed yet.
	err = realnodes.Wait(ctx, patience, "a process of "+pod, func(ctx context.Context) error {
		return server.ConfigSet(ctx, "replica-priority", "1").Err()
	})
	if err != nil {
		return err
	}
	defer func() { server.ConfigSet(ctx, "replica-priority", "100") }()
	return realnodes.Wait(ctx, patience, "a switch to "+pod, func(ctx context.Context) error {
		now, err := s.Settled(ctx)
		if err != nil || now.Pod == pod {
			return err
		}
		if err := s.order(ctx); err != nil {
			return err
		}
		return fmt.Errorf("%s is master", now.Pod)
	})
}

// leaderBeside lets the service be led from a node, or from another one.
func (s *Stage) leaderBeside(ctx context.Context, node *realnodes.Node, beside bool) error {
	pods, err := s.Pods(ctx, s.Namespace, cluster.ServiceSelector(s.Name))
	if err != nil {
		return err
	}
	for name, pod := range pods {
		if (pod.Spec.NodeName == node.Name) == beside {
			if err := s.Lead(ctx, name); err != nil {
				return err
			}
			_, err := s.Settled(ctx)
			return err
		}
	}
	return fmt.Errorf("no service pod for it: %s beside %t", node.Name, beside)
}

// freshService replaces service pods whose container was restarted.
func (s *Stage) freshService(ctx context.Context) error {
	pods, err := s.servicePods(ctx)
	if err != nil {
		return err
	}
	for name, restarts := range pods {
		if restarts == 0 {
			continue
		}
		if _, err := s.Kubectl(ctx, "-n", s.Namespace, "delete", "pod", name); err != nil {
			return err
		}
	}
	_, err = s.Settled(ctx)
	return err
}

// crashedOnce lets the master be one whose container has crashed before, so that its kubelet
// waits for 10 s after the next crash.
func (s *Stage) crashedOnce(ctx context.Context) error {
	now, err := s.Settled(ctx)
	if err != nil {
		return err
	}
	server, err := s.Redis(ctx, now.Pod)
	if err != nil {
		return err
	}
	if err := server.Kill(); err != nil {
		return err
	}
	return s.backTo(ctx, now.Pod)
}
