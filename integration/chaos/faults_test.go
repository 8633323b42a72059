package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// scene is how things stand when a step begins.
type scene struct {
	*fleet
	masters []corev1.Pod // of each set
	leader  corev1.Pod
}

func (f *fleet) scene(ctx context.Context) (*scene, error) {
	s := &scene{fleet: f}
	for _, set := range sets {
		pod, err := f.masterPod(ctx, set.number)
		if err != nil {
			return nil, err
		}
		s.masters = append(s.masters, pod)
	}
	var err error
	s.leader, err = f.leader(ctx)
	return s, err
}

// expected is what a step may do to each set.
func (s *scene) expected(step Step) []SetOutcome {
	outcomes := make([]SetOutcome, len(sets))
	for set := range sets {
		moves, strikes := false, false
		for _, f := range step {
			concerned := s.concerns(f, set)
			o := &outcomes[set]
			o.Concerned = o.Concerned || concerned
			o.MayLose = o.MayLose || concerned && f.Kind.hurts()
			o.MayEmpty = o.MayEmpty || f.Set == set && f.Kind.killsAll()
			moves = moves || concerned && f.Kind.moves()
			strikes = strikes || f.Kind.strikesRedis() && (concerned || f.Kind == LoseNode)
		}
		// What is struck may just be becoming the master.
		outcomes[set].MayLose = outcomes[set].MayLose || moves && strikes
	}
	return outcomes
}

// concerns says whether a fault is aimed at a set's master, or at all sets.
func (s *scene) concerns(f Fault, set int) bool {
	switch f.Kind {
	case LoseNode, DrainNode:
		return nodeOf(s.masters[set]) == nodeOf(s.masters[f.Set])
	case KillLeader, FreezeLeader, KillService, KillServices, DeleteService, RestartAPI, PauseAPI, PauseStorage, CutLeaderAPI, CutServiceAPI,
		CutLeaderRedis, CutServiceRedis:
		return true
	}
	return f.Set == set
}

// apply breaks one thing, holds it broken for as long as the fault says, and mends it.
func (s *scene) apply(ctx context.Context, f Fault) error {
	switch f.Kind {
	case LoseNode, DrainNode:
		return s.node(ctx, f, nodeOf(s.masters[f.Set]))
	case KillLeader:
		return s.signal(s.leader, "sentinel", syscall.SIGKILL)
	case FreezeLeader:
		return s.freeze(s.leader, "sentinel", f.Hold)
	case KillService, KillServices, DeleteService, CutLeaderAPI, CutServiceAPI:
		return s.service(ctx, f)
	case RestartAPI, PauseAPI, PauseStorage:
		return s.plane(ctx, f)
	case CutLeaderRedis, CutLeaderRedisKill, CutServiceRedis:
		return s.blind(ctx, f)
	}
	if f.Kind == CutLeaderKill || f.Kind == CutServiceSwitch {
		return s.apart(ctx, f)
	}
	if d, dies := deaths[f.Kind]; dies {
		return s.death(ctx, f, d)
	}
	return s.set(ctx, f)
}

func (s *scene) signal(pod corev1.Pod, container string, signal syscall.Signal) error {
	return s.Agent.Signal(namespace, pod.Name, container, signal)
}

func (s *scene) freeze(pod corev1.Pod, container string, hold time.Duration) error {
	if err := s.signal(pod, container, syscall.SIGSTOP); err != nil {
		return err
	}
	time.Sleep(hold) // the fault itself
	return s.signal(pod, container, syscall.SIGCONT)
}

// set breaks what belongs to one set of Redis.
func (s *scene) set(ctx context.Context, f Fault) error {
	master, err := s.masterPod(ctx, f.Set)
	if err != nil {
		return err
	}
	var others []corev1.Pod
	for _, pod := range s.pods(f.Set) {
		if pod.UID != master.UID {
			others = append(others, pod)
		}
	}
	if len(others) == 0 {
		return errors.New("the set has no replica now")
	}
	other := others[f.Pick%len(others)]
	switch f.Kind {
	case KillMaster:
		return s.signal(master, "redis", syscall.SIGKILL)
	case KillLoop:
		return s.killAgain(ctx, master)
	case KillReplica:
		return s.signal(other, "redis", syscall.SIGKILL)
	case KillAll:
		for _, pod := range append(others, master) {
			err = errors.Join(err, s.signal(pod, "redis", syscall.SIGKILL))
		}
		return err
	case KillAllOldData:
		return s.killWithOldData(ctx, f, master, others)
	case FreezeMaster:
		return s.freeze(master, "redis", f.Hold)
	case FreezeReplica:
		return s.freeze(other, "redis", f.Hold)
	case DeleteMaster:
		return s.remove(ctx, master, nil)
	case DeleteReplica:
		return s.remove(ctx, other, nil)
	case ForceDeleteMaster:
		return s.remove(ctx, master, new(int64(0)))
	case Failover:
		return s.failover(ctx, f)
	case RestartSet:
		return s.restart(ctx, sets[f.Set])
	case RefuseCommands, RefuseKill:
		return s.refuse(ctx, f, master, other)
	}
	return s.network(f, master, other, others)
}

// loops is how often a process is killed that was just started again.
const loops = 4

// killAgain kills the process of one pod, and each of its successors as soon as there
// is one, as a memory limit does that is too low for the data.
func (s *scene) killAgain(ctx context.Context, pod corev1.Pod) error {
	for n := range loops + 1 {
		before, err := s.Agent.Process(namespace, pod.Name, "redis")
		if err != nil {
			return err
		}
		if err := s.signal(pod, "redis", syscall.SIGKILL); err != nil {
			return err
		}
		for now := before; n < loops && now.ContainerID == before.ContainerID; rest(ctx, 10*time.Millisecond) {
			if now, err = s.Agent.Process(namespace, pod.Name, "redis"); err != nil || ctx.Err() != nil {
				return errors.Join(err, ctx.Err())
			}
		}
	}
	return nil
}

func (s *scene) remove(ctx context.Context, pod corev1.Pod, grace *int64) error {
	return s.Client.CoreV1().Pods(namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{
		GracePeriodSeconds: grace, Preconditions: &metav1.Preconditions{UID: &pod.UID},
	})
}

func (s *scene) failover(ctx context.Context, f Fault) error {
	services := s.servicePods()
	if len(services) == 0 {
		return errors.New("no service pods")
	}
	return s.failoverAt(ctx, services[f.Pick%len(services)], f.Set)
}

func (s *scene) failoverAt(ctx context.Context, service corev1.Pod, set int) error {
	client := redis.NewSentinelClient(&redis.Options{Addr: service.Status.PodIP + ":26379", Dialer: s.dial, MaxRetries: -1})
	defer client.Close()
	return client.Failover(ctx, sets[set].master).Err()
}

// restart rolls all pods of a set and waits until they are rolled.
func (s *scene) restart(ctx context.Context, of set) error {
	name := "statefulset/" + of.release + "-redis-cache"
	if _, err := s.Kubectl(ctx, "rollout", "restart", name, "-n", namespace); err != nil {
		return err
	}
	_, err := s.Kubectl(ctx, "rollout", "status", name, "-n", namespace, "--timeout=180s")
	return err
}

func (s *scene) network(f Fault, master, other corev1.Pod, others []corev1.Pod) error {
	var err error
	ip := master.Status.PodIP
	services := []string{"127.0.0.1"} // where those of probes come from
	for _, pod := range s.servicePods() {
		services = append(services, pod.Status.PodIP)
	}
	switch f.Kind {
	case IsolateMaster:
		err = cut(ip, "")
	case IsolateReplica:
		err = cut(other.Status.PodIP, "")
	case CutService, IslandMaster:
		for _, service := range services {
			err = errors.Join(err, cut(ip, service))
		}
	case RejectService:
		for _, service := range services {
			err = errors.Join(err, reject(service, ip))
		}
	}
	if f.Kind == IslandMaster || f.Kind == CutReplication {
		for _, pod := range others {
			err = errors.Join(err, cut(ip, pod.Status.PodIP))
		}
	}
	time.Sleep(f.Hold) // the fault itself
	return errors.Join(err, mend())
}

func (s *scene) service(ctx context.Context, f Fault) error {
	pods := s.servicePods()
	if len(pods) == 0 {
		return errors.New("no service pods")
	}
	one := pods[f.Pick%len(pods)]
	switch f.Kind {
	case CutLeaderAPI:
		return s.lines.cut(ctx, s.leader, f.Hold*3/2) // for longer and shorter than a leader lasts
	case CutServiceAPI:
		return s.lines.cut(ctx, one, f.Hold*3/2)
	case KillService:
		return s.signal(one, "sentinel", syscall.SIGKILL)
	case DeleteService:
		return s.remove(ctx, one, nil)
	}
	var err error
	for _, pod := range pods {
		err = errors.Join(err, s.signal(pod, "sentinel", syscall.SIGKILL))
	}
	return err
}

// apart lets a master change while one replica of the service is cut off from the API
// server: the leader, which must not act then, or another one, which cannot know.
func (s *scene) apart(ctx context.Context, f Fault) error {
	leader, err := s.fleet.leader(ctx)
	if err != nil {
		return err
	}
	one := leader
	if f.Kind == CutServiceSwitch {
		others := slices.DeleteFunc(s.servicePods(), func(pod corev1.Pod) bool { return pod.Name == leader.Name })
		if len(others) == 0 {
			return errors.New("the leader is alone")
		}
		one = others[f.Pick%len(others)]
	}
	cut := make(chan error, 1)
	go func() { cut <- s.lines.cut(ctx, one, f.Hold*3/2) }()
	rest(ctx, f.Hold/4) // a part of the fault: a leader is to be met with its Lease and without
	if f.Kind == CutServiceSwitch {
		err = s.failoverAt(ctx, leader, f.Set)
	} else {
		err = s.signal(s.masters[f.Set], "redis", syscall.SIGKILL)
	}
	return errors.Join(err, <-cut)
}

func (s *scene) plane(ctx context.Context, f Fault) error {
	if f.Kind == RestartAPI {
		if err := s.Plane.StopAPI(); err != nil {
			return err
		}
		time.Sleep(f.Hold / 2) // the fault itself
		return s.Plane.StartAPI(ctx)
	}
	process := s.Plane.Process(map[Kind]string{PauseAPI: "kube-apiserver", PauseStorage: "etcd"}[f.Kind])
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	time.Sleep(f.Hold) // the fault itself
	return process.Signal(syscall.SIGCONT)
}

// node loses or drains a node, and has it back.
func (s *scene) node(ctx context.Context, f Fault, node string) error {
	if f.Kind == LoseNode {
		if err := s.Agent.LoseNode(node); err != nil {
			return err
		}
		time.Sleep(f.Hold) // the fault itself
		return s.Agent.RestoreNode(node)
	}
	if err := s.cordon(ctx, node, true); err != nil {
		return err
	}
	err := s.evict(ctx, node)
	return errors.Join(err, s.cordon(ctx, node, false))
}

func (s *scene) cordon(ctx context.Context, node string, on bool) error {
	patch := quote(map[string]any{"spec": map[string]any{"unschedulable": on}})
	_, err := s.Client.CoreV1().Nodes().Patch(ctx, node, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	return err
}

// evict asks for the eviction of all pods of a node, again and again where a budget
// refuses it, and returns when they are gone.
func (s *scene) evict(ctx context.Context, node string) error {
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	for {
		list, err := s.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{FieldSelector: "spec.nodeName=" + node})
		if err != nil {
			return err
		}
		if len(list.Items) == 0 {
			return nil
		}
		for _, pod := range list.Items {
			if pod.DeletionTimestamp != nil {
				continue
			}
			err := s.Client.PolicyV1().Evictions(namespace).Evict(ctx, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: namespace}})
			if err != nil && !apierrors.IsTooManyRequests(err) && !apierrors.IsNotFound(err) {
				return fmt.Errorf("evict %s: %w", pod.Name, err)
			}
		}
		rest(ctx, time.Second)
	}
}
