package printed

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/pki"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/release"
)

// kind is a way to install the chart whose notes differ from those of others.
type kind struct {
	name       string
	values     cluster.Values
	rounds     int  // how often a person goes through the notes; once when zero
	alone      bool // one server: nobody takes over
	unlabelled bool // no pod says that it is the master
	closed     bool // the Sentinel port wants something that the notes cannot show
}

func kinds() []kind {
	return []kind{
		{name: "plain", rounds: 2},
		{name: "valkey", rounds: 2, values: cluster.Values{
			"redis": cluster.Values{"image": cluster.Values{"repository": "valkey/valkey", "tag": "8.1-alpine"}},
		}},
		{name: "sidecar", values: cluster.Values{"sentinel": cluster.Values{"placement": "sidecar"}}},
		{name: "password", unlabelled: true, values: cluster.Values{
			"auth":    cluster.Values{"existingSecret": "redis-password"},
			"service": cluster.Values{"roleLabels": false},
		}},
		{name: "passwords", values: cluster.Values{
			"auth":     cluster.Values{"existingSecret": "redis-password"},
			"sentinel": cluster.Values{"auth": cluster.Values{"existingSecret": "sentinel-password", "existingSecretKey": "the.key"}},
		}},
		{name: "tls", values: cluster.Values{
			"redis": cluster.Values{"tls": encrypted("optional")}, "sentinel": cluster.Values{"tls": encrypted("optional")},
		}},
		{name: "everything", closed: true, values: cluster.Values{
			"auth":     cluster.Values{"existingSecret": "redis-password"},
			"redis":    cluster.Values{"tls": encrypted("yes")},
			"sentinel": cluster.Values{"placement": "sidecar", "tls": encrypted("yes"), "acl": cluster.Values{"existingSecret": "people"}},
		}},
		{name: "alone", alone: true, values: cluster.Values{"replicaCount": 1}},
	}
}

func encrypted(clients string) cluster.Values {
	return cluster.Values{"enabled": true, "existingSecret": "certificate", "authClients": clients}
}

// prepare makes a namespace for a release, with all Secrets that a kind may name.
func prepare(t *testing.T, c *realnodes.Cluster, namespace string) *release.Release {
	t.Helper()
	r, err := release.New(t.Context(), c, namespace, "dev")
	if err != nil {
		t.Fatal(err)
	}
	authority := pki.New(t, "authority")
	certificate, key := authority.Issue("dev-redis-cache")
	for name, data := range map[string]map[string][]byte{
		"redis-password":    {"password": []byte("of Redis' $own")},
		"sentinel-password": {"the.key": []byte("of the Sentinel's")},
		"certificate":       {"ca.crt": authority.PEM, "tls.crt": certificate, "tls.key": key},
		"people":            {"users.acl": []byte(people(t))},
	} {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: data}
		if _, err := c.Client.CoreV1().Secrets(namespace).Create(t.Context(), secret, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return r
}
