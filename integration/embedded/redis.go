package embedded

import (
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
)

const (
	redisContainer = "redis"
	// masterLabel selects the pods of one set.
	masterLabel = k8s.LabelMaster
)

// redisArgs are those of the chart with its default values, but for what not all versions
// know, then the user's. The
// fence comes last: whatever starts is nobody's master.
func redisArgs(port int, more []string) []string {
	return slices.Concat([]string{
		"--maxmemory", "67108864", "--repl-backlog-size", "8388608", "--replica-lazy-flush", "no",
		"--client-output-buffer-limit", "replica", "33554432", "33554432", "60",
		"--client-output-buffer-limit", "pubsub", "8388608", "2097152", "60",
		"--maxmemory-policy", "allkeys-lru", "--repl-diskless-sync-delay", "0", "--repl-backlog-ttl", "0",
		"--tcp-keepalive", "60", "--port", strconv.Itoa(port), "--dir", "/data",
		"--save", "", "--appendonly", "no", "--repl-diskless-sync", "yes",
		"--repl-diskless-load", "disabled", "--rdb-del-sync-files", "yes", "--protected-mode", "no",
	}, more, []string{"--replicaof", "127.0.0.1", "1"})
}

// redisCommand is that of the chart: nothing of an earlier process is there to be loaded.
var redisCommand = []string{"sh", "-c", `rm -rf /data/* /data/.[!.]* /data/..?* && exec "$0" "$@"`, "redis-server"}

// redisSet is one master with its replicas.
func redisSet(master string, replicas, port int, args []string) *appsv1.StatefulSet {
	labels := map[string]string{"app": redisContainer, masterLabel: master}
	return &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{
			Name: master, Namespace: Namespace, Annotations: map[string]string{k8s.Prefix + "memory-only": "yes"},
		},
		Spec: appsv1.StatefulSetSpec{
			Replicas: new(int32(replicas + 1)),
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       redisPod(port, args),
			},
			ServiceName: master, PodManagementPolicy: appsv1.ParallelPodManagement,
		},
	}
}

func redisPod(port int, args []string) corev1.PodSpec {
	return corev1.PodSpec{
		RestartPolicy: corev1.RestartPolicyAlways, TerminationGracePeriodSeconds: new(int64(10)),
		Containers: []corev1.Container{{
			Name: redisContainer, Image: "redis:7", Command: redisCommand, Args: redisArgs(port, args),
			Ports:          []corev1.ContainerPort{{Name: "rd-port", ContainerPort: int32(port)}},
			ReadinessProbe: connects(port),
			VolumeMounts:   []corev1.VolumeMount{{Name: "data", MountPath: "/data"}},
		}},
		Volumes: []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}},
	}
}

func connects(port int) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler:  corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(int32(port))}},
		PeriodSeconds: 1,
	}
}
