package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Files are paths of PEM files.
type Files struct {
	// Cert and Key prove who we are; both or neither.
	Cert, Key string
	// CA says whom to believe; empty means the system's.
	CA string
}

// Paths lists the files that are given.
func (f Files) Paths() []string {
	var paths []string
	for _, path := range []string{f.Cert, f.Key, f.CA} {
		if path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}

// Store holds what was read last. Its methods are safe from any goroutine.
type Store struct {
	files   Files
	clients tls.ClientAuthType
	read    sync.Mutex
	current atomic.Pointer[reading]
}

// reading is what the files said at one time.
type reading struct {
	certificate *tls.Certificate // nil when there is none
	roots       *x509.CertPool   // nil for the system's
	server      *tls.Config
}

// Load reads the files. clients is what a server asks of its clients.
func Load(files Files, clients tls.ClientAuthType) (*Store, error) {
	s := &Store{files: files, clients: clients}
	return s, s.Reload()
}

// Reload reads the files again. After an error the last good reading stays, so that
// a half-written or wrong file breaks nothing.
func (s *Store) Reload() error {
	s.read.Lock()
	defer s.read.Unlock()
	next := &reading{}
	if s.files.Cert != "" || s.files.Key != "" {
		certificate, err := tls.LoadX509KeyPair(s.files.Cert, s.files.Key)
		if err != nil {
			return fmt.Errorf("certificate %s with key %s: %w", s.files.Cert, s.files.Key, err)
		}
		next.certificate = &certificate
	}
	if s.files.CA != "" {
		text, err := os.ReadFile(s.files.CA)
		if err != nil {
			return err
		}
		next.roots = x509.NewCertPool()
		if !next.roots.AppendCertsFromPEM(text) {
			return fmt.Errorf("%s: no certificate in it", s.files.CA)
		}
	}
	next.server = s.serverConfig(next)
	s.current.Store(next)
	return nil
}

// serverConfig is made once for each reading: a config keeps the keys of session
// tickets, and a ticket from before a change must not be taken after it.
func (s *Store) serverConfig(r *reading) *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: s.clients, ClientCAs: r.roots}
	if r.certificate != nil {
		config.Certificates = []tls.Certificate{*r.certificate}
	}
	return config
}

// Server is the configuration of a listener.
func (s *Store) Server() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return s.current.Load().server, nil
		},
	}
}

// Client is the configuration of outgoing connections. The server's certificate must
// come from the CA. Its names are compared only when serverName is given: pods are
// reached by IPs that are not known when a certificate is made, so what protects is
// that the CA signs nobody else. Give a CA of its own, not the system's.
func (s *Store) Client(serverName string) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         serverName,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection does it, with the CA of this moment
		VerifyConnection: func(state tls.ConnectionState) error {
			return verify(state, s.current.Load().roots, serverName)
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if certificate := s.current.Load().certificate; certificate != nil {
				return certificate, nil
			}
			return &tls.Certificate{}, nil // none, as crypto/tls wants it told
		},
	}
}

func verify(state tls.ConnectionState, roots *x509.CertPool, name string) error {
	if len(state.PeerCertificates) == 0 {
		return errors.New("the server has no certificate")
	}
	options := x509.VerifyOptions{Roots: roots, DNSName: name, Intermediates: x509.NewCertPool()}
	for _, certificate := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(certificate)
	}
	_, err := state.PeerCertificates[0].Verify(options)
	return err
}

// Unfit says why the own certificate is refused by whoever asks clients for one; empty if it is
// good for clients, or there is none. That a usage of keys is not named means all of them.
func (s *Store) Unfit() string {
	certificate := s.current.Load().certificate
	if certificate == nil || certificate.Leaf == nil {
		return ""
	}
	leaf := certificate.Leaf
	if len(leaf.ExtKeyUsage)+len(leaf.UnknownExtKeyUsage) == 0 ||
		slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageAny) || slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageClientAuth) {
		return ""
	}
	return fmt.Sprintf("certificate %s (%s) is not made for clients: its extended key usage lacks clientAuth", s.files.Cert, leaf.Subject)
}

// Expires is when the own certificate ends; zero without one.
func (s *Store) Expires() time.Time {
	certificate := s.current.Load().certificate
	if certificate == nil || certificate.Leaf == nil {
		return time.Time{}
	}
	return certificate.Leaf.NotAfter
}
