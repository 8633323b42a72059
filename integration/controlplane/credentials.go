package controlplane

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
)

// credentials are made anew for each control plane and die with its folder.
type credentials struct {
	token     string // of the admin, a member of system:masters
	tokenFile string
	keyFile   string            // signs the service accounts' tokens
	others    map[string]string // the tokens of kubelets and kube-proxy, by user
}

// proxyUser has its rights by a role binding of Kubernetes' own.
const proxyUser = "system:kube-proxy"

func newCredentials(dir string, kubelets []string) (credentials, error) {
	c := credentials{
		token:     rand.Text(),
		tokenFile: filepath.Join(dir, "tokens.csv"),
		keyFile:   filepath.Join(dir, "service-account.key"),
		others:    map[string]string{},
	}
	lines := c.token + `,admin,admin,"system:masters"` + "\n"
	give := func(user, groups string) {
		c.others[user] = rand.Text()
		lines += fmt.Sprintf("%s,%s,%s,%q\n", c.others[user], user, user, groups)
	}
	for _, node := range kubelets {
		give("system:node:"+node, "system:nodes")
	}
	if len(kubelets) > 0 {
		give(proxyUser, "system:node-proxiers")
	}
	if err := os.WriteFile(c.tokenFile, []byte(lines), 0o600); err != nil {
		return credentials{}, err
	}
	key, err := newKey()
	if err != nil {
		return credentials{}, fmt.Errorf("service account key: %w", err)
	}
	return c, os.WriteFile(c.keyFile, key, 0o600)
}

func newKey() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), nil
}
