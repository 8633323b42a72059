package node

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"
)

// Cause says in a person's words why a Redis could not be reached or read, "" for silence. It
// has no figures that differ from one attempt to the next, such as local ports.
func Cause(err error) string {
	var (
		name    *net.DNSError
		record  tls.RecordHeaderError
		remote  *net.OpError
		verify  *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		greeted handshake
	)
	switch {
	case err == nil:
		return ""
	case redis.HasErrorPrefix(err, "WRONGPASS "):
		return "wrong password (WRONGPASS)"
	case redis.HasErrorPrefix(err, "NOAUTH "):
		return "it wants a password, and none is given (NOAUTH)"
	case redis.HasErrorPrefix(err, "NOPERM "):
		return "its user may not do what is needed: " + firstLine(err)
	case strings.Contains(err.Error(), "without any password configured"):
		return "it has no password, and one is given"
	case strings.Contains(err.Error(), "max number of clients"):
		return "it has as many clients as it may have (maxclients)"
	case redis.HasErrorPrefix(err, "LOADING "):
		return "loading"
	case errors.As(err, &record):
		return "TLS handshake: it does not speak TLS"
	case errors.As(err, &unknown):
		return "TLS handshake: its certificate is signed by an authority that is not known here"
	case errors.As(err, &verify):
		return "TLS handshake: " + verify.Err.Error()
	case errors.As(err, &remote) && remote.Op == "remote error": // as package tls calls an alert
		return "TLS handshake: it refuses: " + remote.Err.Error()
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "no route to it"
	case errors.As(err, &name):
		return "name not found: " + name.Name
	case errors.Is(err, errNoLine):
		return "its answer is not that of a Redis, but as of one that speaks TLS"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "it closes the connection, as one does that speaks TLS to those who do not, or a proxy"
	case errors.As(err, &greeted) && silent(err):
		return "TLS handshake: no answer, as of one that does not speak TLS"
	case silent(err):
		return ""
	}
	return firstLine(innermost(err))
}

// silent: nothing came in time, or this side gave up.
func silent(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed)
}

// innermost is what is wrong, without by whom and where it was found.
func innermost(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}

const mostCause = 200

// firstLine is a stranger's word: no longer than anybody reads it.
func firstLine(err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return strings.ToValidUTF8(line[:min(len(line), mostCause)], "")
}
