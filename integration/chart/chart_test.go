package chart_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func TestLint(t *testing.T) {
	if out, errOut, err := helm(t, "lint", "--strict", chartFolder); err != nil {
		t.Errorf("%v\n%s%s", err, out, errOut)
	}
}

func TestUserConfigOverridesSuggestionsOnly(t *testing.T) {
	args := strings.Join(redisArgs(t, values{"redis": values{
		"config": values{
			"maxmemory-policy": "noeviction", "maxclients": 1000000, "notify-keyspace-events": "",
			"activedefrag": true, "latency-tracking": false, // as YAML reads yes and no
		},
		"resources": values{"limits": values{"memory": "1.5Gi"}}, "maxmemoryPercent": 50,
	}}), " ")
	for _, want := range []string{"--maxmemory 805306368 ", "--maxclients 1000000 ", "--notify-keyspace-events  --", "--activedefrag yes ", "--latency-tracking no "} {
		if !strings.Contains(args, want) {
			t.Errorf("no %q in %s", want, args)
		}
	}
	suggested, wanted := strings.Index(args, "allkeys-lru"), strings.Index(args, "noeviction")
	if suggested < 0 || wanted < suggested {
		t.Errorf("the user's policy does not come after the chart's: %s", args)
	}
	if fixed := strings.Index(args, "--save"); fixed < wanted {
		t.Errorf("--save does not come after the user's directives: %s", args)
	}
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		values values
		say    string
	}{
		{values{"antiAffinity": "strong"}, "antiAffinity"},
		{values{"replicaCount": 0}, "replicaCount"},
		{values{"masterName": "My Master"}, "masterName"},
		{values{"masterName": "sentinel-leader"}, "masterName sentinel-leader"},
		{values{"microSentinel": values{}}, "microSentinel"},
		{values{"sentinel": values{"placement": "host"}}, "placement"},
		{values{"sentinel": values{"httpPort": 26379}}, "sentinel.port and sentinel.httpPort are both 26379"},
		{values{"sentinel": values{"downAfterMilliseconds": 0}}, "downAfterMilliseconds"},
		{values{"podDisruptionBudget": values{"minAvailable": "half"}}, "minAvailable"},
		{values{"redis": values{"config": values{"replicaof": "no one"}}}, "redis.config.replicaof"},
		{values{"redis": values{"config": values{"ReplicaOf": "no one"}}}, "redis.config.ReplicaOf"},
		{values{"redis": values{"config": values{"appendonly": true}}}, "redis.config.appendonly"},
		{values{"redis": values{"config": values{"replica-read-only": false}}}, "redis.config.replica-read-only"},
		{values{"redis": values{"config": values{"slave-announce-ip": "10.0.0.1"}}}, "redis.config.slave-announce-ip"},
		{values{"redis": values{"extraArgs": []string{"--replica-read-only", "no"}}}, "--replica-read-only"},
		{values{"redis": values{"config": values{"rdb-del-sync-files": false}}}, "redis.config.rdb-del-sync-files"},
		{values{"redis": values{"config": values{"repl-diskless-sync": "no"}}}, "redis.config.repl-diskless-sync"},
		{values{"redis": values{"config": values{"repl-diskless-load": "flush-before-load"}}}, "redis.config.repl-diskless-load"},
		{values{"redis": values{"extraArgs": []string{"--repl-diskless-sync", "no"}}}, "--repl-diskless-sync"},
		{values{"redis": values{"config": values{"min-replicas-to-write": 1}}}, "redis.config.min-replicas-to-write: the service sets"},
		{values{"redis": values{"config": values{"min-slaves-max-lag": 3}}}, "redis.config.min-slaves-max-lag: the service sets"},
		{values{"redis": values{"extraArgs": []any{"--Min-Replicas-To-Write", 1}}}, "the service sets"},
		{values{"redis": values{"config": values{"replica-priority": 0}}}, "none could ever be the master"},
		{values{"redis": values{"extraArgs": []any{"--slave-priority 0"}}}, "none could ever be the master"},
		{values{"redis": values{"extraArgs": []any{"--appendonly", "yes"}}}, "the chart sets"},
		{values{"redis": values{"extraArgs": []any{"--save"}}}, "the chart sets"},
		{values{"redis": values{"extraEnv": []any{values{"name": "POD_IP", "value": "10.0.0.1"}}}}, "redis.extraEnv: POD_IP"},
		{values{"sentinel": values{"extraEnv": []any{values{"name": "POD_UID", "value": 1}}}}, "sentinel.extraEnv: POD_UID"},
		{values{"commonLabels": values{"app.kubernetes.io/name": "mine"}}, "commonLabels: the label app.kubernetes.io/name"},
		{values{"redis": values{"podLabels": values{"redis-sentinel-k8s/role": "master"}}}, "redis.podLabels: the label redis-sentinel-k8s/role"},
		{values{"sentinel": values{"podLabels": values{"pod-template-hash": 1}}}, "sentinel.podLabels: the label pod-template-hash"},
		{values{"redis": values{"podAnnotations": values{"redis-sentinel-k8s/port": 1}}}, "redis.podAnnotations: redis-sentinel-k8s/port"},
		{values{"sentinel": values{"placement": "sidecar"}, "service": values{"name": "http"}}, "service.name http"},
		{values{"sentinel": values{"placement": "sidecar", "tls": values{"enabled": true, "existingSecret": "c", "port": 6379}}}, "service.port 6379 is also a port of the sidecar"},
		{values{"masterName": "sentinel-config"}, "masterName sentinel-config"},
		{values{"masterName": "sentinel-leader"}, "masterName sentinel-leader"},
		{values{"service": values{"name": "123"}}, "service/name"},
		{values{"sentinel": values{"service": values{"nodePort": 30001}}}, "sentinel.service.nodePort: it needs"},
		{values{"sentinel": values{"service": values{"type": "NodePort", "tlsNodePort": 30001}}}, "sentinel.service.tlsNodePort: there is no port"},
		{values{"sentinel": values{"service": values{"type": "NodePort", "loadBalancerIP": "192.0.2.7"}}}, "sentinel.service.loadBalancerIP: it needs"},
		{values{"announce": values{"services": values{"type": "NodePort", "loadBalancerSourceRanges": []string{"10.0.0.0/8"}}}}, "announce.services.loadBalancerSourceRanges: it needs"},
		{values{"announce": values{"sentinel": "sentinel.example.org"}}, "announce/sentinel"},
		{values{"fullnameOverride": "1-cache"}, "fullnameOverride"},
		{values{"masterName": "a..b"}, "masterName"},
		{values{"podDisruptionBudget": values{"minAvailable": "100%"}}, "minAvailable"},
		{values{"redis": values{"extraArgs": []string{"--slaveof", "no", "one"}}}, "--slaveof"},
		{values{"redis": values{"extraArgs": []string{"--hz", "20", "--REPLICAOF no one"}}}, "--REPLICAOF"},
		{values{"redis": values{"extraArgs": []string{"redis.conf"}}}, "must be a directive"},
		{values{"redis": values{"extraArgs": []string{"--hz", "20", "-"}}}, `"-"`},
		{values{"redis": values{"resources": values{"limits": values{"memory": "12 apples"}}}}, "12 apples"},
		{values{"redis": values{"terminationGracePeriodSeconds": 5}}, "terminationGracePeriodSeconds"},
		{values{"redis": values{"terminationGracePeriodSeconds": 14}, "sentinel": values{"placement": "sidecar"}}, "10 more than sentinel.shutdownDelaySeconds"},
	} {
		out, errOut, err := helm(t, "template", "dev", chartFolder, "-f", valuesFile(t, test.values))
		if err == nil {
			t.Errorf("%v was accepted:\n%s", test.values, out)
		} else if !strings.Contains(errOut, test.say) {
			t.Errorf("%v: refused without %q:\n%s", test.values, test.say, errOut)
		}
	}
}

// TestReleasesDoNotMeet renders two releases for one namespace and demands that
// no selector of the one finds a pod of the other.
func TestReleasesDoNotMeet(t *testing.T) {
	for _, placement := range []string{"deployment", "sidecar"} {
		v := values{"sentinel": values{"placement": placement}, "networkPolicy": values{"enabled": true}}
		one, two := render(t, "one", v), render(t, "two", v)
		for name, selector := range selectors(t, one) {
			found := 0
			for _, pod := range podLabels(one) {
				if selector.Matches(pod) {
					found++
				}
			}
			if found == 0 {
				t.Errorf("%s: %s (%s) finds no pod of its own release", placement, name, selector)
			}
			for _, pod := range podLabels(two) {
				if selector.Matches(pod) {
					t.Errorf("%s: %s (%s) finds a pod of the other release: %v", placement, name, selector, pod)
				}
			}
		}
		if name := overlap(one.statefulSets, two.statefulSets) + overlap(one.services, two.services) +
			overlap(one.roles, two.roles) + overlap(one.budgets, two.budgets); name != "" {
			t.Errorf("%s: both releases have %s", placement, name)
		}
	}
}

func selectors(t *testing.T, o objects) map[string]labels.Selector {
	t.Helper()
	all := map[string]labels.Selector{}
	add := func(name string, matchLabels map[string]string) {
		all[name] = labels.SelectorFromSet(matchLabels)
	}
	for name, set := range o.statefulSets {
		add("StatefulSet "+name, set.Spec.Selector.MatchLabels)
	}
	for name, deployment := range o.deployments {
		add("Deployment "+name, deployment.Spec.Selector.MatchLabels)
	}
	for name, budget := range o.budgets {
		add("PodDisruptionBudget "+name, budget.Spec.Selector.MatchLabels)
	}
	for name, policy := range o.networkPolicies {
		add("NetworkPolicy "+name, policy.Spec.PodSelector.MatchLabels)
	}
	for name, service := range o.services {
		add("Service "+name, service.Spec.Selector)
	}
	for _, arg := range sentinelOf(t, o).Args {
		for _, flag := range []string{"--selector=", "--peer-selector="} {
			if text, found := strings.CutPrefix(arg, flag); found {
				selector, err := labels.Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				all[flag] = selector
			}
		}
	}
	return all
}

// podLabels are all those that a release's pods may have, with either role.
func podLabels(o objects) []labels.Set {
	var pods []labels.Set
	for _, set := range o.statefulSets {
		for _, role := range []string{"master", "replica"} {
			pod := labels.Set(maps.Clone(set.Spec.Template.Labels))
			pod["redis-sentinel-k8s/role"] = role
			if role == "master" { // where its endpoints may not be written
				pod["redis-sentinel-k8s/endpoint"] = role
			}
			pods = append(pods, pod)
		}
	}
	for _, deployment := range o.deployments {
		pods = append(pods, deployment.Spec.Template.Labels)
	}
	return pods
}

func overlap[V any](one, two map[string]V) string {
	for name := range one {
		if _, both := two[name]; both {
			return name
		}
	}
	return ""
}

func sentinelOf(t *testing.T, o objects) corev1.Container {
	t.Helper()
	for _, deployment := range o.deployments {
		return container(t, deployment.Spec.Template.Spec, "sentinel")
	}
	for _, set := range o.statefulSets {
		return container(t, set.Spec.Template.Spec, "sentinel")
	}
	t.Fatal("no pods")
	return corev1.Container{}
}

func TestSidecarIsTheSameService(t *testing.T) {
	apart := render(t, "dev", values{})
	within := render(t, "dev", values{"sentinel": values{"placement": "sidecar"}})
	if len(within.deployments) != 0 {
		t.Error("with the sidecar there is a Deployment as well")
	}
	pod := within.statefulSets["dev-redis-cache"].Spec.Template.Spec
	sidecar := container(t, pod, "sentinel")
	if sidecar.RestartPolicy == nil || *sidecar.RestartPolicy != corev1.ContainerRestartPolicyAlways {
		t.Error("the sidecar is not a native one (restartPolicy Always)")
	}
	if pod.ServiceAccountName != "dev-redis-cache" || *pod.AutomountServiceAccountToken {
		t.Errorf("the sidecar's pod has account %q, a token for all its containers: %v", pod.ServiceAccountName, *pod.AutomountServiceAccountToken)
	}
	if !mountsToken(sidecar) || mountsToken(container(t, pod, "redis")) {
		t.Errorf("a token for the sidecar: %v, for Redis: %v; want it for the sidecar alone", mountsToken(sidecar), mountsToken(container(t, pod, "redis")))
	}
	want, got := sentinelOf(t, apart), sidecar
	drop := func(args []string) []string {
		return slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return strings.HasPrefix(arg, "--peer-selector=") })
	}
	if diff := cmp.Diff(drop(want.Args), drop(got.Args)); diff != "" {
		t.Errorf("other arguments than in a pod of its own:\n%s", diff)
	}
	if diff := cmp.Diff(within.roles, apart.roles); diff != "" {
		t.Errorf("other rights than in a pod of its own:\n%s", diff)
	}
	redis := apart.statefulSets["dev-redis-cache"].Spec.Template.Spec
	if *redis.AutomountServiceAccountToken {
		t.Error("Redis gets a token that it does not need")
	}
}

func mountsToken(c corev1.Container) bool {
	return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool {
		return m.MountPath == "/var/run/secrets/kubernetes.io/serviceaccount"
	})
}

// TestSidecarWithAUserOfTheCluster: who sets none gets the one that the cluster assigns.
func TestSidecarWithAUserOfTheCluster(t *testing.T) {
	set := render(t, "dev", values{"sentinel": values{"placement": "sidecar", "podSecurityContext": values{"runAsUser": nil}}}).statefulSets["dev-redis-cache"]
	if user := container(t, set.Spec.Template.Spec, "sentinel").SecurityContext.RunAsUser; user != nil {
		t.Errorf("the sidecar is to run as user %d", *user)
	}
}

// TestNamesOfTheClusterDoNotMeet: what belongs to no namespace has the names of the release and
// of its namespace, and both may have dashes.
func TestNamesOfTheClusterDoNotMeet(t *testing.T) {
	v := values{"sentinel": values{"watchNodes": true}, "admissionPolicy": values{"enabled": true}}
	names := func(namespace, release string) []string {
		o := renderIn(t, namespace, release, v)
		list := slices.Collect(maps.Keys(o.clusterRoles))
		for _, object := range o.other {
			if policy, is := object.(*admissionregistrationv1.ValidatingAdmissionPolicy); is {
				list = append(list, policy.Name)
			}
		}
		return list
	}
	one, two := names("prod", "eu"), names("prod-eu", "redis-cache")
	if len(one) != 2 || len(two) != 2 {
		t.Fatalf("%q and %q, want a ClusterRole and a policy each", one, two)
	}
	for _, name := range one {
		if slices.Contains(two, name) {
			t.Errorf("two releases have the %s", name)
		}
	}
}

// TestSidecarsAreFoundByNumber: before Kubernetes 1.32 a Service, and some networks to this day,
// do not find the named ports of sidecars (kubernetes/kubernetes#127976).
func TestSidecarsAreFoundByNumber(t *testing.T) {
	o := render(t, "dev", values{
		"sentinel": values{
			"placement": "sidecar", "metricsService": true,
			"tls": values{"enabled": true, "existingSecret": "c", "port": 26380},
		},
		"networkPolicy": values{"enabled": true, "metrics": []any{values{"podSelector": values{}}}},
	})
	wanted := map[string]int{"sentinel": 26379, "sentinel-tls": 26380, "http": 9121}
	found := 0
	for name, service := range o.services {
		for _, port := range service.Spec.Ports {
			if number, is := wanted[port.Name]; is {
				found++
				if port.TargetPort.IntValue() != number || port.TargetPort.StrVal != "" {
					t.Errorf("Service %s leads port %s to %s, want %d", name, port.Name, port.TargetPort.String(), number)
				}
			}
		}
	}
	for _, rule := range o.networkPolicies["dev-redis-cache-sentinel"].Spec.Ingress {
		for _, port := range rule.Ports {
			found++
			if port.Port.StrVal != "" {
				t.Errorf("the network policy names port %s", port.Port.StrVal)
			}
		}
	}
	if found != 6 {
		t.Errorf("%d ports, want 3 of Services and 3 of the policy", found)
	}
}

func TestRightsStayInTheNamespace(t *testing.T) {
	o := render(t, "dev", values{})
	for _, object := range o.other {
		if kind := object.GetObjectKind().GroupVersionKind().Kind; strings.HasPrefix(kind, "Cluster") {
			t.Errorf("the chart makes a %s", kind)
		}
	}
	got := map[string][]string{}
	for _, rule := range o.roles["dev-redis-cache"].Rules {
		for _, resource := range rule.Resources {
			for _, name := range rule.ResourceNames {
				resource += " " + name
			}
			got[resource] = rule.Verbs
		}
	}
	want := map[string][]string{
		"pods":                                  {"get", "list", "watch", "patch"},
		"statefulsets":                          {"get", "list", "watch"},
		"deployments dev-redis-cache-sentinel":  {"get"},
		"leases":                                {"get", "list", "watch", "create", "update"},
		"events":                                {"create", "patch"},
		"endpointslices":                        {"list", "create"},
		"endpointslices dev-redis-cache-master": {"get", "update", "delete"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rights (-want +got):\n%s", diff)
	}
}

// TestServicesOfOthersMayBeWritten in full, since what is begun has to be gone on with.
func TestServicesOfOthersMayBeWritten(t *testing.T) {
	o := render(t, "dev", values{"admissionPolicy": values{"masterServices": []string{"other"}}})
	for _, rule := range o.roles["dev-redis-cache"].Rules {
		if slices.Contains(rule.Resources, "endpointslices") && len(rule.ResourceNames) > 0 {
			if diff := cmp.Diff([]string{"dev-redis-cache-master", "other"}, rule.ResourceNames); diff != "" {
				t.Errorf("endpoints that may be updated (-want +got):\n%s", diff)
			}
		}
	}
}

func TestOptionsBecomeAnnotations(t *testing.T) {
	set := render(t, "dev", values{
		"service":  values{"port": 6380},
		"sentinel": values{"downAfterMilliseconds": 1500, "quorum": 2, "minReplicasMaxLag": 5, "onTotalLoss": "manual"},
	}).statefulSets["dev-redis-cache"]
	want := map[string]string{
		"redis-sentinel-k8s/master-service": "dev-redis-cache-master:rd-port",
		"redis-sentinel-k8s/memory-only":    "yes", "redis-sentinel-k8s/on-total-loss": "manual", "redis-sentinel-k8s/down-after-milliseconds": "1500",
		"redis-sentinel-k8s/min-replicas-max-lag": "5", "redis-sentinel-k8s/quorum": "2",
	}
	if diff := cmp.Diff(want, set.Annotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	// The port is that of each pod, which keeps it until it is replaced.
	if got := set.Spec.Template.Annotations["redis-sentinel-k8s/port"]; got != "6380" {
		t.Errorf("port %q", got)
	}
	if got := set.Spec.Template.Labels["redis-sentinel-k8s/master-name"]; got != "mymaster" {
		t.Errorf("master name %q", got)
	}
}

func TestBudgetLeavesRoomForADrain(t *testing.T) {
	for _, test := range []struct {
		replicas int
		least    any
		want     string
	}{
		{3, 2, "2"},
		{2, 2, "1"},
		{5, 2, "2"},
		{3, "50%", "50%"},
		{3, "67%", "2"},
		{3, "66%", "66%"},
		{2, "51%", "1"},
		{5, "90%", "4"}, // Kubernetes rounds up
	} {
		budget := render(t, "dev", values{
			"replicaCount": test.replicas, "podDisruptionBudget": values{"minAvailable": test.least},
		}).budgets["dev-redis-cache"]
		if got := budget.Spec.MinAvailable.String(); got != test.want {
			t.Errorf("%d servers, minAvailable %v: %s, want %s", test.replicas, test.least, got, test.want)
		}
	}
	for _, replicas := range []int{2, 3, 5} {
		budget := render(t, "dev", values{"replicaCount": replicas}).budgets["dev-redis-cache"]
		if most := budget.Spec.MaxUnavailable; most == nil || most.String() != "1" {
			t.Errorf("%d servers: %v may be missing, want 1", replicas, most)
		}
	}
}

func TestAntiAffinity(t *testing.T) {
	for kind, want := range map[string][2]int{"hard": {1, 0}, "soft": {0, 1}, "none": {0, 0}} {
		affinity := render(t, "dev", values{"antiAffinity": kind}).
			statefulSets["dev-redis-cache"].Spec.Template.Spec.Affinity
		got := [2]int{}
		if affinity != nil {
			pods := affinity.PodAntiAffinity
			got = [2]int{
				len(pods.RequiredDuringSchedulingIgnoredDuringExecution),
				len(pods.PreferredDuringSchedulingIgnoredDuringExecution),
			}
		}
		if got != want {
			t.Errorf("%s: %v required and preferred terms, want %v", kind, got, want)
		}
	}
}
