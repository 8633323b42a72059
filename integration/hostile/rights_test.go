package hostile

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// abroad lets every connection seem to come from another computer.
type abroad struct{ net.Listener }

func (l abroad) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return foreign{conn}, nil
}

type foreign struct{ net.Conn }

func (foreign) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(203, 0, 113, 7), Port: 40000} }

// sentinelPort serves the commands, and has them reached from abroad.
func sentinelPort(t *testing.T, options command.Options) Dial {
	t.Helper()
	options.Store, options.MyID = store.New(), strings.Repeat("a", 40)
	commands := command.New(options)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := resp.NewServer(resp.Options{}, commands)
	served := make(chan error, 1)
	go func() { served <- server.Serve(abroad{listener}) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
	}
}

// TestTakeOver: in protected mode nothing is obeyed, and without it the attack works.
func TestTakeOver(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dial := sentinelPort(t, command.Options{ProtectedMode: true})
	if obeyed, err := TakeOver(ctx, dial); err != nil || len(obeyed) > 0 {
		t.Errorf("obeyed: %q (%v)", obeyed, err)
	}
	dial = sentinelPort(t, command.Options{})
	if obeyed, err := TakeOver(ctx, dial); err != nil || len(obeyed) < len(takeOvers) {
		t.Errorf("open to everybody, and only %d of %d commands are obeyed (%v)", len(obeyed), len(takeOvers), err)
	}
}

// TestGuess: many guess at once, and who knows the password gets in at once.
func TestGuess(t *testing.T) {
	dial := sentinelPort(t, command.Options{RequirePass: "secret"})
	ctx, cancel := context.WithCancel(t.Context())
	refused := make(chan int64, 1)
	go func() {
		n, err := Guess(ctx, dial, 20)
		if err != nil {
			t.Error(err)
		}
		refused <- n
	}()
	patient, done := context.WithTimeout(t.Context(), time.Minute)
	defer done()
	for range 20 {
		if answers, err := converse(patient, dial, "AUTH secret"); err != nil || answers[0] != "+OK" {
			t.Errorf("%q (%v)", answers, err)
		}
	}
	cancel()
	t.Logf("%d guesses were refused meanwhile", <-refused)
}
