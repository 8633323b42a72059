package release

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
)

// Master is the name of the master that the chart gives to Sentinel clients.
const Master = "mymaster"

// Record is what a person reads in the Lease of the master.
type Record struct {
	Pod   string
	Epoch int
	Phase string
}

// Record reads the Lease of the master.
func (r *Release) Record(ctx context.Context) (Record, error) {
	lease, err := r.Client.CoordinationV1().Leases(r.Namespace).Get(ctx, r.FullName()+"-"+Master, metav1.GetOptions{})
	if err != nil {
		return Record{}, err
	}
	if lease.Spec.HolderIdentity == nil || lease.Spec.LeaseTransitions == nil {
		return Record{}, errors.New("the Lease names nobody")
	}
	var text struct{ Phase string }
	err = json.Unmarshal([]byte(lease.Annotations["redis-sentinel-k8s/record"]), &text)
	return Record{Pod: *lease.Spec.HolderIdentity, Epoch: int(*lease.Spec.LeaseTransitions), Phase: text.Phase}, err
}

// Leader is the pod of the service that leads.
func (r *Release) Leader(ctx context.Context) (string, error) {
	lease, err := r.Client.CoordinationV1().Leases(r.Namespace).Get(ctx, r.FullName()+"-sentinel-leader", metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	if lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity == "" {
		return "", errors.New("nobody leads")
	}
	return *lease.Spec.HolderIdentity, nil
}

// Lead gives the Lease to a pod of the service, and waits until it leads in a term of its own.
func (r *Release) Lead(ctx context.Context, pod string) error {
	leases := r.Client.CoordinationV1().Leases(r.Namespace)
	given := int32(-1) // the term in which the Lease was given to it
	return realnodes.Wait(ctx, r.Patience, pod+" to lead", func(ctx context.Context) error {
		lease, err := leases.Get(ctx, r.FullName()+"-sentinel-leader", metav1.GetOptions{})
		if err != nil {
			return err
		}
		spec := &lease.Spec
		if spec.HolderIdentity != nil && *spec.HolderIdentity == pod {
			if *spec.LeaseTransitions <= given {
				return fmt.Errorf("it has not taken it, in term %d", given)
			}
			return nil
		}
		spec.HolderIdentity, given = &pod, *spec.LeaseTransitions
		_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
		return errors.Join(err, errors.New("it was only given to it"))
	})
}

// Settled waits until all pods are ready, the record is at rest, and every replica of the
// service tells of one master and of two replicas that are in sync.
func (r *Release) Settled(ctx context.Context) (now Record, err error) { return r.SettledWith(ctx, 3) }

// SettledWith is Settled for a set of so many pods.
func (r *Release) SettledWith(ctx context.Context, size int) (now Record, err error) {
	err = realnodes.Wait(ctx, r.Patience, "the set to be whole", func(ctx context.Context) error {
		servers, err := r.ready(ctx, cluster.RedisSelector(r.Name), size)
		if err != nil {
			return err
		}
		services, err := r.ready(ctx, cluster.ServiceSelector(r.Name), 3)
		if err != nil {
			return err
		}
		if now, err = r.Record(ctx); err != nil {
			return err
		}
		if now.Phase != "Stable" {
			return fmt.Errorf("the record says %s", now.Phase)
		}
		want := net.JoinHostPort(servers[now.Pod].Status.PodIP, "6379")
		for name, pod := range services {
			if err := tells(ctx, net.JoinHostPort(pod.Status.PodIP, "26379"), want, size-1); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	})
	return now, err
}

// ready are the pods of a selector, if there are so many, all ready and none ending.
func (r *Release) ready(ctx context.Context, selector string, want int) (map[string]corev1.Pod, error) {
	pods, err := r.Pods(ctx, r.Namespace, selector)
	if err != nil {
		return nil, err
	}
	if len(pods) != want {
		return nil, fmt.Errorf("%d pods of %s", len(pods), selector)
	}
	for name, pod := range pods {
		if pod.DeletionTimestamp != nil || !cluster.Ready(pod) {
			return nil, fmt.Errorf("%s is not ready", name)
		}
	}
	return pods, nil
}

// tells asks one replica of the service for its master and for so many replicas in sync.
func tells(ctx context.Context, sentinel, want string, wanted int) error {
	s := redis.NewSentinelClient(&redis.Options{Addr: sentinel, DialTimeout: time.Second, ReadTimeout: time.Second, MaxRetries: -1})
	defer func() { _ = s.Close() }()
	m, err := s.Master(ctx, Master).Result()
	if err != nil {
		return err
	}
	if is := net.JoinHostPort(m["ip"], m["port"]); m["flags"] != "master" || is != want {
		return fmt.Errorf("the master is %s, %s; want %s", is, m["flags"], want)
	}
	replicas, err := s.Replicas(ctx, Master).Result()
	if err != nil {
		return err
	}
	good := 0
	for _, replica := range replicas {
		if replica["flags"] == "slave" && replica["master-link-status"] == "ok" {
			good++
		}
	}
	if good != wanted || len(replicas) != wanted {
		return fmt.Errorf("%d replicas, %d of them in sync", len(replicas), good)
	}
	return nil
}

// Containers are the states of the Redis containers, by pod.
func (r *Release) Containers(ctx context.Context) (map[string]corev1.ContainerStatus, error) {
	pods, err := r.Pods(ctx, r.Namespace, cluster.RedisSelector(r.Name))
	if err != nil {
		return nil, err
	}
	all := map[string]corev1.ContainerStatus{}
	for name, pod := range pods {
		for _, status := range pod.Status.ContainerStatuses {
			if status.Name == "redis" {
				all[name] = status
			}
		}
	}
	return all, nil
}
