package e2e

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// podIP is how the test cluster's pods are addressed.
var podIP = regexp.MustCompile(`\b127\.1\.\d+\.\d+\b`)

// TestAnnounced: clients are told names, one pod by an annotation of its own; no
// reply and no event lets a pod's IP slip through, also not in a failover.
func TestAnnounced(t *testing.T) {
	r := install(t, cluster.Values{"announce": cluster.Values{"hostnames": true}, "clusterDomain": "k8s.example"})
	name := func(n int) string {
		return fmt.Sprintf("dev-redis-cache-%d.dev-redis-cache.test.svc.k8s.example:6379", n)
	}
	master := r.settled(3)
	want := []string{name(0), name(1), name(2)}
	if !slices.Contains(want, master) {
		t.Fatalf("the master is told as %s, want one of %v", master, want)
	}
	r.MustKubectl(t, "-n", r.namespace, "annotate", "pod", "dev-redis-cache-2", "redis-sentinel-k8s/announce=cache.example.org:7002")
	want[2] = "cache.example.org:7002"
	r.tellOnly(t, want)
	r.tellSentinels(t, "dev-redis-cache-sentinel.test.svc.k8s.example:26379")

	news := r.events(t)
	before := r.settled(3)
	r.kill(r.podCalled(t, before, want))
	deadline := time.After(time.Minute)
	for switched := false; !switched; {
		select {
		case m := <-news:
			if ip := podIP.FindString(m.Payload); ip != "" && !strings.HasSuffix(m.Channel, "sentinel") {
				t.Errorf("%s %s tells the IP %s", m.Channel, m.Payload, ip)
			}
			switched = m.Channel == "+switch-master" && strings.HasPrefix(m.Payload, "mymaster "+strings.Replace(before, ":", " ", 1)+" ")
		case <-deadline:
			t.Fatal("no +switch-master in the announced spelling")
		}
	}
	r.tellOnly(t, want)
}

// tellSentinels: of each other replicas of the service tell this address, which a client that compares names
// finds in the certificate.
func (r *release) tellSentinels(t *testing.T, want string) {
	t.Helper()
	for _, addr := range r.sentinels() {
		others, err := sentinelAt(t, addr).Sentinels(t.Context(), "mymaster").Result()
		if err != nil || len(others) != 2 {
			t.Fatalf("%s tells of %v (%v)", addr, others, err)
		}
		for _, other := range others {
			if told := other["ip"] + ":" + other["port"]; told != want {
				t.Errorf("%s tells of a Sentinel at %s, want %s", addr, told, want)
			}
		}
	}
}

// events are all that one replica of the service tells.
func (r *release) events(t *testing.T) <-chan *redis.Message {
	t.Helper()
	c := redis.NewSentinelClient(&redis.Options{Addr: r.sentinels()[0]})
	t.Cleanup(func() { _ = c.Close() })
	all := c.PSubscribe(t.Context(), "*")
	t.Cleanup(func() { _ = all.Close() })
	if _, err := all.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	return all.Channel()
}

func (r *release) podCalled(t *testing.T, addr string, addrs []string) string {
	t.Helper()
	n := slices.Index(addrs, addr)
	if n < 0 {
		t.Fatalf("%s is none of %v", addr, addrs)
	}
	return fmt.Sprintf("dev-redis-cache-%d", n)
}

// tellOnly waits until every replica of the service, whatever it is asked, tells
// exactly these addresses.
func (r *release) tellOnly(t *testing.T, want []string) {
	t.Helper()
	cluster.Eventually(t, time.Minute, "one spelling everywhere", func(ctx context.Context) error {
		var wrong []error
		for _, addr := range r.sentinels() {
			wrong = append(wrong, oneSpelling(ctx, addr, want))
		}
		return errors.Join(wrong...)
	})
}

func oneSpelling(ctx context.Context, addr string, want []string) error {
	c := redis.NewSentinelClient(&redis.Options{Addr: addr})
	defer c.Close()
	host, err := c.GetMasterAddrByName(ctx, "mymaster").Result()
	if err != nil {
		return err
	}
	master := strings.Join(host, ":")
	row, err := c.Master(ctx, "mymaster").Result()
	if err != nil {
		return err
	}
	if told := row["ip"] + ":" + row["port"]; told != master {
		return fmt.Errorf("MASTER tells %s, GET-MASTER-ADDR-BY-NAME %s", told, master)
	}
	text := redis.NewStringCmd(ctx, "INFO", "sentinel")
	if err = c.Process(ctx, text); err != nil {
		return err
	}
	if !strings.Contains(text.Val(), "address="+master+",") {
		return fmt.Errorf("INFO does not tell %s: %s", master, text.Val())
	}
	replicas, err := c.Replicas(ctx, "mymaster").Result()
	if err != nil {
		return err
	}
	have := []string{master}
	for _, replica := range replicas {
		told := replica["ip"] + ":" + replica["port"]
		have = append(have, told)
		if of := replica["master-host"] + ":" + replica["master-port"]; replica["name"] != told || of != master {
			return fmt.Errorf("replica %s at %s follows %s, the master is %s", replica["name"], told, of, master)
		}
	}
	slices.Sort(have)
	if expected := slices.Sorted(slices.Values(want)); !slices.Equal(have, expected) {
		return fmt.Errorf("have %v, want %v", have, expected)
	}
	return nil
}

// TestAServiceForEachPod: with Services of the type ClusterIP their addresses are told.
func TestAServiceForEachPod(t *testing.T) {
	r := install(t, cluster.Values{"announce": cluster.Values{"services": cluster.Values{"enabled": true, "type": "ClusterIP"}}})
	var want []string
	for n := range 3 {
		service, err := r.Client.CoreV1().Services(r.namespace).Get(t.Context(), fmt.Sprintf("dev-redis-cache-%d", n), metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if service.Spec.Type != corev1.ServiceTypeClusterIP || service.Spec.ClusterIP == "" {
			t.Fatalf("Service %s: %s %q", service.Name, service.Spec.Type, service.Spec.ClusterIP)
		}
		want = append(want, service.Spec.ClusterIP+":6379")
		// As Argo CD does with all that it applies.
		r.MustKubectl(t, "-n", r.namespace, "label", "service", service.Name, "--overwrite", "app.kubernetes.io/instance=an-application")
	}
	r.MustKubectl(t, "-n", r.namespace, "delete", "pod", "-l", cluster.ServiceSelector(r.name)) // who comes sees the labels as they are now
	r.ready(3)
	r.tellOnly(t, want)
}
