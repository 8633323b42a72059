package controlplane

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
)

// credentials are made anew for each control plane and die with its folder.
type credentials struct {
	token     string // of the admin, a member of system:masters
	tokenFile string
	keyFile   string // signs the service accounts' tokens
}

func newCredentials(dir string) (credentials, error) {
	secret := make([]byte, 16)
	if _, err := rand.Read(secret); err != nil {
		return credentials{}, err
	}
	c := credentials{
		token:     hex.EncodeToString(secret),
		tokenFile: filepath.Join(dir, "tokens.csv"),
		keyFile:   filepath.Join(dir, "service-account.key"),
	}
	line := c.token + `,admin,admin,"system:masters"` + "\n"
	if err := os.WriteFile(c.tokenFile, []byte(line), 0o600); err != nil {
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
