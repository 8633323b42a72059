package k8s

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// AnnotationAnnounce on a Redis pod is the host:port that clients are told in place
// of the pod's own address.
const AnnotationAnnounce = Prefix + "announce"

// AnnotationAnnounceSentinel on a pod of the service is the host:port that clients are told
// of its Sentinel port, in SENTINEL SENTINELS. All may have the same: that of a Service, whose
// name is in a certificate, or of a load balancer.
const AnnotationAnnounceSentinel = Prefix + "announce-sentinel"

// serviceRow is a Service that leads to one Redis pod.
type serviceRow struct {
	identity
	master string
	pod    string
	host   string // empty until there is one; NodePorts are at the pod's node
	node   bool
	port   int
}

// toServiceRow takes the first port, and of the addresses the one that reaches
// furthest: a load balancer's, an external one, that of the node, that in the cluster.
func toServiceRow(service *corev1.Service) *serviceRow {
	row := &serviceRow{
		identity: identityOf(&service.ObjectMeta),
		master:   intern(service.Labels[LabelMaster]),
		pod:      service.Spec.Selector[appsv1.StatefulSetPodNameLabel],
	}
	if len(service.Spec.Ports) == 0 {
		return row
	}
	port := service.Spec.Ports[0]
	row.port = int(port.Port)
	balancer := service.Status.LoadBalancer.Ingress
	switch {
	case len(balancer) > 0:
		row.host = cmp.Or(balancer[0].IP, balancer[0].Hostname)
	case service.Spec.Type == corev1.ServiceTypeLoadBalancer: // it has yet to come
	case len(service.Spec.ExternalIPs) > 0:
		row.host = service.Spec.ExternalIPs[0]
	case service.Spec.Type == corev1.ServiceTypeNodePort:
		row.node, row.port = true, int(port.NodePort)
	case service.Spec.ClusterIP != corev1.ClusterIPNone:
		row.host = service.Spec.ClusterIP
	}
	return row
}

// announce finds what clients are to be told in place of a pod's address: what the
// pod's annotation says, or the Service that leads to it, or its name. The zero Addr
// means the pod's own address.
func (w *Watch) announce(row *podRow, port int) sentinel.Addr {
	if addr, err := parseAnnounce(row.announce); err == nil {
		return addr
	}
	if w.services != nil {
		services := rows[*serviceRow](w.services, byPod, row.name)
		slices.SortFunc(services, func(a, b *serviceRow) int { return cmp.Compare(a.name, b.name) })
		for _, service := range services {
			host := service.host
			if service.node {
				host = row.hostIP
			}
			if service.master == row.master && host != "" {
				return sentinel.Addr{Host: sentinel.Spelled(host), Port: service.port}
			}
		}
	}
	if w.options.AnnounceHostnames && row.hostname != "" {
		name := row.hostname + "." + w.options.Namespace + ".svc"
		if w.options.ClusterDomain != "" {
			name += "." + w.options.ClusterDomain
		}
		return sentinel.Addr{Host: name, Port: port}
	}
	return sentinel.Addr{}
}

// misannotated reports annotations of pods that have no effect.
func misannotated(master string, pods []*podRow) []problem {
	var wrong []problem
	for _, row := range pods {
		report := func(name, text string, err error) {
			if text != "" && err != nil {
				wrong = append(wrong, problem{InvalidOption, master, podRef(row.identity), fmt.Sprintf(
					"annotation %s=%q is refused: %v", name, text, err)})
			}
		}
		_, err := parseAnnounce(row.announce)
		report(AnnotationAnnounce, row.announce, err)
		_, err = parsePort(row.port)
		report(AnnotationPort, row.port, err)
	}
	return wrong
}

// missentinel reports annotations of the service's own pods that have no effect.
func missentinel(peers []*peerRow) []problem {
	var wrong []problem
	for _, row := range peers {
		if _, err := parseAnnounce(row.announce); row.announce != "" && err != nil {
			wrong = append(wrong, problem{InvalidOption, "", podRef(row.identity), fmt.Sprintf(
				"annotation %s=%q is refused: %v", AnnotationAnnounceSentinel, row.announce, err)})
		}
	}
	return wrong
}

// parseAnnounce reads host:port, where host is an IP or a name.
func parseAnnounce(text string) (sentinel.Addr, error) {
	host, number, err := net.SplitHostPort(text)
	if err != nil {
		return sentinel.Addr{}, fmt.Errorf("want host:port")
	}
	port, err := parsePort(number)
	if err != nil {
		return sentinel.Addr{}, err
	}
	if net.ParseIP(host) == nil && len(validation.IsDNS1123Subdomain(strings.TrimSuffix(strings.ToLower(host), "."))) > 0 {
		return sentinel.Addr{}, fmt.Errorf("host %q, want an IP or a name", host)
	}
	return sentinel.Addr{Host: sentinel.Spelled(host), Port: port}, nil
}

// hostname is what the pod is called under its headless Service; empty if it has no
// such name.
func hostname(pod *corev1.Pod) string {
	if pod.Spec.Subdomain == "" || pod.Spec.Hostname == "" {
		return ""
	}
	return pod.Spec.Hostname + "." + pod.Spec.Subdomain
}

// watchServices follows Services if they are to be announced. They need the label of
// their pod's master, so that the others of the namespace are not watched. Those of another
// release lead to none of our pods. Their labels are not compared with the selector of pods:
// Argo CD writes its own app.kubernetes.io/instance on all that it applies, but for pods.
func (w *Watch) watchServices(set kubernetes.Interface, health *Health) (err error) {
	if !w.options.AnnounceServices {
		return nil
	}
	w.services, err = informer(source[*corev1.ServiceList]{
		on: svcResource, client: set.CoreV1().Services(w.options.Namespace), selector: LabelMaster, example: &corev1.Service{},
		slim:    func(object runtime.Object) any { return toServiceRow(object.(*corev1.Service)) },
		indexes: cache.Indexers{byPod: index(func(row *serviceRow) string { return row.pod })},
	}, set, health)
	return err
}

// validateAnnounce checks what has to do with addresses.
func (o Options) validateAnnounce() error {
	if o.ClusterDomain == "" {
		return nil
	}
	if wrong := validation.IsDNS1123Subdomain(o.ClusterDomain); len(wrong) > 0 {
		return fmt.Errorf("cluster domain %q: %s", o.ClusterDomain, wrong[0])
	}
	return nil
}

func parsePort(text string) (int, error) {
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return 0, fmt.Errorf("port %q, want 1 to 65535", text)
	}
	return port, nil
}
