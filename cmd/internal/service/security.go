package service

import (
	"crypto/tls"
	"net"
	"strconv"

	"github.com/spf13/pflag"
)

// Security is how clients and this service prove who they are, at the Sentinel port
// and to Redis. Files are read again when they change on disk, so that what a Secret
// holds can be exchanged without a restart.
type Security struct {
	RequirePassFile string
	ACLFile         string

	TLSPort        int
	TLSCertFile    string
	TLSKeyFile     string
	TLSCACertFile  string
	TLSAuthClients string

	RedisUsername      string
	RedisPasswordFile  string
	RedisTLS           bool
	RedisTLSServerName string
	RedisCAFile        string
	RedisCertFile      string
	RedisKeyFile       string
}

// authClients are the words of --tls-auth-clients.
var authClients = map[string]tls.ClientAuthType{
	"yes": tls.RequireAndVerifyClientCert, "no": tls.NoClientCert, "optional": tls.VerifyClientCertIfGiven,
}

func (s *Security) flags(f *pflag.FlagSet) {
	f.StringVar(&s.ACLFile, "acl-file", s.ACLFile, "File with the users of the Sentinel port, in the form of Redis's ACL files; read again when it changes.")
	f.StringVar(&s.RequirePassFile, "requirepass-file", s.RequirePassFile, "File with the password of the Sentinel port; read again when it changes.")
	f.IntVar(&s.TLSPort, "tls-port", s.TLSPort, "Port to listen on for Sentinel clients that speak TLS; 0 for none.")
	f.StringVar(&s.TLSCertFile, "tls-cert-file", s.TLSCertFile, "Certificate of the Sentinel port; read again when it changes.")
	f.StringVar(&s.TLSKeyFile, "tls-key-file", s.TLSKeyFile, "Key of that certificate.")
	f.StringVar(&s.TLSCACertFile, "tls-ca-cert-file", s.TLSCACertFile, "Authorities that sign certificates of Sentinel clients.")
	f.StringVar(&s.TLSAuthClients, "tls-auth-clients", s.TLSAuthClients, "Whether Sentinel clients must show a certificate: yes, no or optional.")
	f.StringVar(&s.RedisUsername, "redis-username", s.RedisUsername, "User to log in to Redis as; empty for user default.")
	f.StringVar(&s.RedisPasswordFile, "redis-password-file", s.RedisPasswordFile, "File with the password for Redis; read again when it changes.")
	f.BoolVar(&s.RedisTLS, "redis-tls", s.RedisTLS, "Speak TLS to Redis.")
	f.StringVar(&s.RedisTLSServerName, "redis-tls-server-name", s.RedisTLSServerName, "Name that the certificates of Redis must have; empty accepts any name that the authority has signed.")
	f.StringVar(&s.RedisCAFile, "redis-ca-file", s.RedisCAFile, "Authorities that sign the certificates of Redis.")
	f.StringVar(&s.RedisCertFile, "redis-cert-file", s.RedisCertFile, "Certificate to show to Redis; read again when it changes.")
	f.StringVar(&s.RedisKeyFile, "redis-key-file", s.RedisKeyFile, "Key of that certificate.")
}

// validateSecurity tells what does not fit together.
func (c *Config) validateSecurity(check func(ok bool, format string, args ...any)) {
	s := c.Security
	check(s.TLSPort >= 0 && s.TLSPort <= 65535, "--tls-port %d: want 1 to 65535, or 0 for none", s.TLSPort)
	check(c.Port != 0 || s.TLSPort != 0, "--port and --tls-port are both 0: want one at least")
	check(s.TLSPort == 0 || s.TLSPort != c.Port, "--port and --tls-port are both %d: want two", s.TLSPort)
	check(s.TLSPort == 0 || s.TLSPort != c.HTTPPort || c.Bind != c.HTTPBind, "--tls-port and --http-port are both %d: want two", s.TLSPort)
	_, known := authClients[s.TLSAuthClients]
	check(known, "--tls-auth-clients %q: want yes, no or optional", s.TLSAuthClients)
	check(s.TLSPort == 0 || s.TLSCertFile != "" && s.TLSKeyFile != "", "--tls-port %d: want --tls-cert-file and --tls-key-file with it", s.TLSPort)
	check(s.TLSPort == 0 || s.TLSAuthClients == "no" || s.TLSCACertFile != "", "--tls-auth-clients %s: want --tls-ca-cert-file with it", s.TLSAuthClients)
	check(s.TLSPort != 0 || s.TLSCertFile+s.TLSKeyFile+s.TLSCACertFile == "", "--tls-cert-file, --tls-key-file and --tls-ca-cert-file: want --tls-port with them")
	check(s.RedisTLS || s.RedisCAFile+s.RedisCertFile+s.RedisKeyFile+s.RedisTLSServerName == "", "--redis-ca-file, --redis-cert-file, --redis-key-file and --redis-tls-server-name: want --redis-tls with them")
	check(!s.RedisTLS || s.RedisCAFile != "" || s.RedisTLSServerName != "", "--redis-tls: want --redis-ca-file, or --redis-tls-server-name to trust the system's authorities with")
	check((s.RedisCertFile == "") == (s.RedisKeyFile == ""), "--redis-cert-file and --redis-key-file: want both or neither")
	check(s.RequirePassFile == "" || c.RequirePass == "", "--requirepass-file and %s: want one", envName("requirepass"))
	check(s.RedisPasswordFile == "" || c.RedisPassword == "", "--redis-password-file and %s: want one", envName("redis-password"))
	check(s.RedisUsername == "" || s.RedisPasswordFile != "" || c.RedisPassword != "", "--redis-username %q: want a password with it", s.RedisUsername)
}

// announced is the port that clients and the other replicas are told.
func (c *Config) announced() int {
	if c.Port != 0 {
		return c.Port
	}
	return c.TLSPort
}

// bound is an address to listen on.
func (c *Config) bound(port int) string { return net.JoinHostPort(c.Bind, strconv.Itoa(port)) }
