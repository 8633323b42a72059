package release

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// Server is a client of one pod's server, where the pod is now. It asks once.
func (r *Release) Server(ctx context.Context, pod, password string) (*redis.Client, error) {
	ip, err := r.PodIP(ctx, pod)
	if err != nil {
		return nil, err
	}
	return redis.NewClient(&redis.Options{
		Addr: net.JoinHostPort(ip, "6379"), Password: password, MaxRetries: -1, DialTimeout: time.Second, ContextTimeoutEnabled: true,
	}), nil
}

// Sentinel gives a command to the first replica of the service that answers.
func (r *Release) Sentinel(ctx context.Context, words ...any) (*redis.Cmd, error) {
	pods, err := r.Pods(ctx, r.Namespace, cluster.ServiceSelector(r.Name))
	if err != nil {
		return nil, err
	}
	err = errors.New("the service has no pods")
	for _, pod := range pods {
		c := redis.NewClient(&redis.Options{
			Addr: net.JoinHostPort(pod.Status.PodIP, "26379"), Protocol: 2, DisableIdentity: true, MaxRetries: -1, DialTimeout: time.Second,
		})
		answer := c.Do(ctx, words...)
		_ = c.Close()
		if err = answer.Err(); err == nil {
			return answer, nil
		}
	}
	return nil, err
}

// Order gives an order to the leading replica of the service, as a person does who has no
// password: from within its pod.
func (r *Release) Order(ctx context.Context, words ...any) error {
	leader, err := r.Leader(ctx)
	if err != nil {
		return err
	}
	addr, stop, err := r.Forward(ctx, r.Namespace, "pod/"+leader, 26379)
	if err != nil {
		return err
	}
	defer stop()
	c := redis.NewClient(&redis.Options{Addr: addr, Protocol: 2, DisableIdentity: true, DialTimeout: time.Second})
	defer func() { _ = c.Close() }()
	return c.Do(ctx, words...).Err()
}

// Why is what the service answers to SENTINEL WHY.
func (r *Release) Why(ctx context.Context) (string, error) {
	answer, err := r.Sentinel(ctx, "SENTINEL", "WHY", Master)
	if err != nil {
		return "", err
	}
	lines, err := answer.StringSlice()
	return strings.Join(lines, "\n"), err
}
