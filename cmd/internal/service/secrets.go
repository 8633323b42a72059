package service

import (
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/certs"
)

// secrets are what the files of Security held last.
type secrets struct {
	port  *certs.Store // of the Sentinel port; nil without TLS
	redis *certs.Store // for Redis; nil without TLS
	login *login       // to Redis
}

// readSecrets reads the files for the first time; all mistakes are told at once.
func readSecrets(c Config) (*secrets, error) {
	s := &secrets{}
	var wrong []error
	keep := func(err error) { wrong = append(wrong, err) }
	var err error
	if c.TLSPort != 0 {
		s.port, err = certs.Load(certs.Files{Cert: c.TLSCertFile, Key: c.TLSKeyFile, CA: c.TLSCACertFile}, authClients[c.TLSAuthClients])
		keep(err)
	}
	if c.RedisTLS {
		s.redis, err = certs.Load(certs.Files{Cert: c.RedisCertFile, Key: c.RedisKeyFile, CA: c.RedisCAFile}, tls.NoClientCert)
		keep(err)
	}
	s.login, err = newLogin(c.RedisUsername, c.RedisPassword, c.RedisPasswordFile)
	keep(err)
	return s, errors.Join(wrong...)
}

// watchFiles notes all files, before any is read: what changes in between is then
// read once more rather than missed.
func (p *parts) watchFiles() {
	watch := func(what string, reload func() error, paths ...string) {
		var given []string
		for _, path := range paths {
			if path != "" {
				given = append(given, path)
			}
		}
		if len(given) > 0 {
			p.files = append(p.files, (&watchedFiles{what: what, paths: given, reload: reload}).begin())
		}
	}
	c := p.config
	watch("certificate of the Sentinel port", func() error { return p.secrets.port.Reload() }, c.TLSCertFile, c.TLSKeyFile, c.TLSCACertFile)
	watch("certificate for Redis", func() error { return p.secrets.redis.Reload() }, c.RedisCertFile, c.RedisKeyFile, c.RedisCAFile)
	watch("password for Redis", func() error { return p.secrets.login.reload() }, c.RedisPasswordFile)
	watch("users of the Sentinel port", p.readUsers, c.ACLFile)
	watch("password of the Sentinel port", p.readUsers, c.RequirePassFile)
}

// readUsers reads the password and the users of the Sentinel port.
func (p *parts) readUsers() error {
	if path := p.config.RequirePassFile; path != "" {
		password, err := readSecret(path)
		if err != nil {
			return fmt.Errorf("--requirepass-file: %w", err)
		}
		p.commands.SetRequirePass(password)
	}
	if p.config.ACLFile == "" {
		return nil
	}
	if err := p.commands.LoadUsers(p.server); err != nil {
		return fmt.Errorf("--acl-file: %w", err)
	}
	return nil
}
