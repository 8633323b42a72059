package everyday

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// TestPasswordFromAFile: what `kubectl create secret --from-file` leaves at its end is nobody's
// password, neither the entrypoint's, nor the probes', nor the service's.
func TestPasswordFromAFile(t *testing.T) {
	whole(t)
	s := newSet(t, "password")
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "redis"}, Data: map[string][]byte{"password": []byte("secret\r\n")}}
	_, err := s.Client.CoreV1().Secrets(s.Namespace).Create(t.Context(), secret, metav1.CreateOptions{})
	s.must(err)
	s.password = "secret"
	s.install(cluster.Values{"auth": cluster.Values{"existingSecret": "redis"}})
	s.fill(s.master(3))
	_, err = s.Upgrade(t.Context(), cluster.Values{
		"auth": cluster.Values{"existingSecret": "redis"}, "redis": cluster.Values{"podAnnotations": cluster.Values{"template": "second"}},
	})
	s.must(err)
	s.hasAll(s.master(3), "after a rollout")
	s.remove()
}

// TestNoMasterAndWhy: a set that gets no master says what stands in the way, in SENTINEL WHY
// and in an Event, in words of the cause; and is well once that is mended.
func TestNoMasterAndWhy(t *testing.T) {
	for _, c := range []struct {
		name   string
		values cluster.Values
		cause  string
	}{
		{"password", ofRedis("extraArgs", []string{"--requirepass", "secret"}), "it wants a password, and none is given (NOAUTH)"},
		{"no-node", ofRedis("nodeSelector", cluster.Values{"no": "such-node"}), "no node takes it: Unschedulable: 0/3 nodes are available"},
		{"no-image", ofRedis("image", cluster.Values{"tag": "no-such-tag"}), "its image cannot be pulled (ImagePullBackOff)"},
		{"no-secret", ofRedis("extraEnv", []any{noSuchSecret}), `its container cannot start: CreateContainerConfigError: secret "no-such-secret" not found`},
		{"wrong-option", ofRedis("extraArgs", []string{"--no-such-option", "1"}), "its container ends again and again (CrashLoopBackOff, exit code 1)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name != "no-image" {
				whole(t)
			}
			s := newSet(t, "why-"+c.name)
			s.Patience = 10 * time.Second
			if _, _, err := s.Install(t.Context(), c.values); err == nil {
				t.Fatal("it was installed, and is well")
			}
			s.Patience = patience
			s.tells(c.cause)
			// A StatefulSet does not replace a pod that was never ready: Helm would wait in vain.
			_, err := s.Helm(t.Context(), "upgrade", s.Name, s.Chart, "-n", s.Namespace, "--reset-values")
			s.must(err)
			s.kubectl("delete", "pod", "--grace-period=1", "-l", cluster.RedisSelector(s.Name))
			s.must(s.server(s.master(3)).Set(t.Context(), "k", "v", 0).Err())
			s.remove()
		})
	}
}

var noSuchSecret = cluster.Values{
	"name": "WANTED", "valueFrom": cluster.Values{"secretKeyRef": cluster.Values{"name": "no-such-secret", "key": "any"}},
}

func ofRedis(value string, is any) cluster.Values {
	return cluster.Values{"redis": cluster.Values{value: is}}
}

// tells waits until SENTINEL WHY and an Event tell a cause.
func (s *set) tells(cause string) {
	s.t.Helper()
	s.eventually("SENTINEL WHY to tell "+cause, func(ctx context.Context) error {
		why, err := s.Why(ctx)
		if err == nil && !strings.Contains(why, cause) {
			err = fmt.Errorf("it says %s", why)
		}
		return err
	})
	s.eventually("an Event that tells "+cause, func(ctx context.Context) error {
		events, err := s.Client.CoreV1().Events(s.Namespace).List(ctx, metav1.ListOptions{FieldSelector: "type=Warning,reason=NoMaster"})
		if err != nil {
			return err
		}
		var told []string
		for _, e := range events.Items {
			if strings.Contains(e.Message, cause) && e.InvolvedObject.Kind == "StatefulSet" {
				s.t.Log(e.Message)
				return nil
			}
			told = append(told, e.Message)
		}
		return fmt.Errorf("they tell %q", told)
	})
}
