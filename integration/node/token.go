package node

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/kubeconfig"
)

const (
	tokenMountPath = "/var/run/secrets/kubernetes.io/serviceaccount"
	tokenSeconds   = int64(12 * 60 * 60) // longer than any test; there is no renewal
)

// mountsToken says whether the API server has given the container the volume
// with its ServiceAccount's token (automountServiceAccountToken).
func (c *container) mountsToken() bool {
	for _, mount := range c.spec.VolumeMounts {
		if mount.MountPath == tokenMountPath {
			return true
		}
	}
	return false
}

func (p *pod) writeKubeconfig(ctx context.Context, path string) error {
	object := p.latest()
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: new(tokenSeconds),
		BoundObjectRef: &authenticationv1.BoundObjectReference{
			Kind: "Pod", APIVersion: "v1", Name: object.Name, UID: p.uid,
		},
	}}
	account := object.Spec.ServiceAccountName
	token, err := p.agent.options.Client.CoreV1().ServiceAccounts(object.Namespace).
		CreateToken(ctx, account, request, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("token for service account %s: %w", account, err)
	}
	config := rest.AnonymousClientConfig(p.agent.options.Config)
	config.BearerToken = token.Status.Token
	if server := p.agent.options.Server; server != nil {
		config.Host = server(object, config.Host)
	}
	return kubeconfig.Write(path, config, object.Namespace)
}
