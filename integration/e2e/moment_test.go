package e2e

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/pki"
)

// moments are the instants just before the API server stores something. It asks an
// admission webhook first, which is this test, and waits for its answer: so what a
// test does in a moment has happened when the writer hears that it was written. No
// moment is missed, however quick the failover and however slow the machine.
//
// All is admitted. A write is as slow as what is done in its moment.
type moments struct {
	r  *release
	mu sync.Mutex
	// waiting are the moments that have not come yet.
	waiting []*moment
	asked   bool
}

// moment is one instant that a test waits for.
type moment struct {
	what string
	is   func(*admissionv1.AdmissionRequest) bool
	act  func(*admissionv1.AdmissionRequest) error
	done chan struct{}
	err  error // after done
}

// held is what the API server may wait for a moment.
const held = 10 * time.Second

// moments begins to be asked about the writes of records and of pods' statuses.
func (r *release) moments() *moments {
	r.t.Helper()
	m := &moments{r: r}
	authority := pki.New(r.t, "moments")
	address := m.serve(authority)
	_, err := r.Client.AdmissionregistrationV1().ValidatingWebhookConfigurations().
		Create(r.t.Context(), webhook("https://"+address+"/", authority.PEM, r.namespace), metav1.CreateOptions{})
	if err != nil {
		r.t.Fatal(err)
	}
	lease := r.lease("mymaster")
	cluster.Eventually(r.t, time.Minute, "the API server asks before it writes", func(ctx context.Context) error {
		patch := []byte(`{"metadata":{"annotations":{"asked":"yes"}}}`)
		_, err := r.Client.CoordinationV1().Leases(r.namespace).
			Patch(ctx, lease, types.MergePatchType, patch, metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
		if err == nil && !m.wasAsked() {
			err = fmt.Errorf("not asked yet")
		}
		return err
	})
	return m
}

func webhook(url string, authority []byte, namespace string) *admissionregistrationv1.ValidatingWebhookConfiguration {
	rule := func(group, resource string) admissionregistrationv1.RuleWithOperations {
		return admissionregistrationv1.RuleWithOperations{
			Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update},
			Rule:       admissionregistrationv1.Rule{APIGroups: []string{group}, APIVersions: []string{"v1"}, Resources: []string{resource}},
		}
	}
	return &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "moments"},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name:                    "moments.example.org",
			ClientConfig:            admissionregistrationv1.WebhookClientConfig{URL: &url, CABundle: authority},
			Rules:                   []admissionregistrationv1.RuleWithOperations{rule("coordination.k8s.io", "leases"), rule("", "pods/status")},
			NamespaceSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": namespace}},
			FailurePolicy:           new(admissionregistrationv1.Ignore),
			SideEffects:             new(admissionregistrationv1.SideEffectClassNoneOnDryRun),
			TimeoutSeconds:          new(int32(held / time.Second)),
			AdmissionReviewVersions: []string{"v1"},
		}},
	}
}

// serve answers until the test ends. The clean-up comes before that of the cluster.
func (m *moments) serve(authority *pki.Authority) (address string) {
	m.r.t.Helper()
	pair, err := tls.X509KeyPair(authority.Issue("127.0.0.1"))
	if err != nil {
		m.r.t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		m.r.t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(m.answer), ReadHeaderTimeout: held}
	go func() {
		_ = server.Serve(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}))
	}()
	m.r.t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

func (m *moments) answer(w http.ResponseWriter, request *http.Request) {
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(request.Body).Decode(&review); err != nil || review.Request == nil {
		http.Error(w, "no AdmissionReview", http.StatusBadRequest)
		return
	}
	m.came(review.Request)
	review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	review.Request = nil
	_ = json.NewEncoder(w).Encode(review)
}

// came lets the first moment happen that this one is.
func (m *moments) came(request *admissionv1.AdmissionRequest) {
	if request.DryRun != nil && *request.DryRun {
		m.mu.Lock()
		m.asked = true
		m.mu.Unlock()
		return
	}
	if now := m.take(request); now != nil {
		now.err = now.act(request)
		close(now.done)
	}
}

func (m *moments) take(request *admissionv1.AdmissionRequest) *moment {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, each := range m.waiting {
		if each.is(request) {
			m.waiting = append(m.waiting[:i:i], m.waiting[i+1:]...)
			return each
		}
	}
	return nil
}

func (m *moments) wasAsked() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked
}

func (m *moments) expect(next *moment) *moment {
	m.mu.Lock()
	defer m.mu.Unlock()
	next.done = make(chan struct{})
	m.waiting = append(m.waiting, next)
	return next
}

// forget waits no longer for moments of this kind.
func (m *moments) forget(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting = slices.DeleteFunc(m.waiting, func(each *moment) bool { return each.what == what })
}

// before is the next moment in which a record of a phase is about to be written, by
// the pod that act is told.
func (m *moments) before(phase string, act func(written record, writer string) error) *moment {
	parse := func(request *admissionv1.AdmissionRequest) (record, error) {
		var lease struct{ Metadata metav1.ObjectMeta }
		if err := json.Unmarshal(request.Object.Raw, &lease); err != nil {
			return record{}, err
		}
		return recordOf(lease.Metadata.Annotations)
	}
	return m.expect(&moment{
		what: "a record that says " + phase,
		is: func(request *admissionv1.AdmissionRequest) bool {
			written, err := parse(request)
			return request.Resource.Resource == "leases" && err == nil && written.Phase == phase
		},
		act: func(request *admissionv1.AdmissionRequest) error {
			written, err := parse(request)
			if err != nil {
				return err
			}
			// The token of a pod's ServiceAccount tells whose it is.
			writer := request.UserInfo.Extra["authentication.kubernetes.io/pod-name"]
			if len(writer) != 1 {
				return fmt.Errorf("the record was written by %s, which is no pod", request.UserInfo.Username)
			}
			return act(written, writer[0])
		},
	})
}

// await waits until the moment has come and what is done in it was done.
func (m *moment) await(t *testing.T) {
	t.Helper()
	select {
	case <-m.done:
		if m.err != nil {
			t.Fatalf("in the moment of %s: %v", m.what, m.err)
		}
	case <-time.After(time.Minute):
		t.Fatalf("%s: never written", m.what)
	}
}
