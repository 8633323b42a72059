package loop

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Env is what a program is told for its client.
type Env struct {
	Sentinels        []string
	MasterName       string
	SentinelPassword string
	RedisPassword    string
	TLS              *tls.Config // nil: none
}

// told is what it is told for its writes.
type told struct {
	name  string
	hold  string
	pause time.Duration
}

func environment() (Env, told, error) {
	env := Env{
		Sentinels:        strings.Split(os.Getenv("SENTINELS"), ","),
		MasterName:       os.Getenv("MASTER"),
		SentinelPassword: os.Getenv("SENTINEL_PASSWORD"),
		RedisPassword:    os.Getenv("REDIS_PASSWORD"),
	}
	pause, err := strconv.Atoi(cmp.Or(os.Getenv("PAUSE"), "25"))
	if err != nil {
		return env, told{}, fmt.Errorf("PAUSE: %w", err)
	}
	if file := os.Getenv("CA_FILE"); file != "" {
		if env.TLS, err = trust(file); err != nil {
			return env, told{}, fmt.Errorf("CA_FILE: %w", err)
		}
	}
	return env, told{
		name:  os.Getenv("NAME"),
		hold:  os.Getenv("HOLD"),
		pause: time.Duration(pause) * time.Millisecond,
	}, nil
}

func trust(file string) (*tls.Config, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate", file)
	}
	return &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12}, nil
}
