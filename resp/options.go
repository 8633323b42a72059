package resp

import (
	"net"
	"time"

	"github.com/sirupsen/logrus"
)

// Options bound what clients may cost. A zero field takes its default.
type Options struct {
	// MaxClients is how many connections are served at once (10000, as Redis).
	// One more is told so and closed.
	MaxClients int
	// MaxArguments of one request (1024).
	MaxArguments int
	// MaxBulk is the size of one argument in bytes (16 KiB).
	MaxBulk int
	// MaxInline is the size of an inline request in bytes (16 KiB).
	MaxInline int
	// MaxRequest is the size of one whole request in bytes (64 KiB).
	MaxRequest int
	// MaxSubscriptions of one session, channels and patterns together (1024).
	MaxSubscriptions int
	// MaxSubscriptionBytes of their names together (64 KiB).
	MaxSubscriptionBytes int
	// MaxName is the size of one channel or pattern in bytes (256).
	MaxName int
	// MaxPatterns of one session (64).
	MaxPatterns int
	// MaxPatternsInAll different ones of all sessions (1024): each costs time with every
	// message. Over it a session with many makes room, or the new one is refused.
	MaxPatternsInAll int
	// MaxClientMemory is what all sessions together may have kept for them beyond the few
	// kilobytes of each, in bytes (64 MiB): replies that are not read, with the kernel's buffers,
	// unfinished requests, subscriptions. Over it the session with the most is cut.
	MaxClientMemory int
	// QueueBytes may wait for one subscriber (4 MiB); over it the client is cut,
	// as by Redis's client-output-buffer-limit for pubsub.
	QueueBytes int
	// WriteTimeout is how long one write may take (10 s), and up to half as much more.
	WriteTimeout time.Duration
	// RequestTimeout is how long a client may take for its first request, with the login
	// where one is needed, and for the rest of any request that it has begun (10 s).
	RequestTimeout time.Duration
	// IdleTimeout is how long a client may ask nothing, unless it listens; 0: for ever.
	IdleTimeout time.Duration
	// HandshakeTimeout is how long a client may take to begin TLS (10 s).
	HandshakeTimeout time.Duration
	// CloseTimeout is how long Close waits for sessions to finish (2 s).
	CloseTimeout time.Duration
	// KeepAlive finds peers that vanished without a FIN (60 s, then 4 probes 15 s apart).
	KeepAlive net.KeepAliveConfig
	// PollAfter says with which of its requests, in a row for which its handler need not
	// step aside, a client is answered together with others on one goroutine (16);
	// negative: never, as clients with TLS.
	PollAfter int
	// Log receives panics and connections that were cut; nil discards.
	Log logrus.FieldLogger
}

func (o Options) withDefaults() Options {
	o.MaxClients = positive(o.MaxClients, 10000)
	o.MaxArguments = positive(o.MaxArguments, 1024)
	o.MaxBulk = positive(o.MaxBulk, 16<<10)
	o.MaxInline = positive(o.MaxInline, 16<<10)
	o.MaxRequest = positive(o.MaxRequest, 64<<10)
	o.MaxSubscriptions = positive(o.MaxSubscriptions, 1024)
	o.MaxSubscriptionBytes = positive(o.MaxSubscriptionBytes, 64<<10)
	o.MaxName = positive(o.MaxName, 256)
	o.MaxPatterns = positive(o.MaxPatterns, 64)
	o.MaxPatternsInAll = positive(o.MaxPatternsInAll, 1024)
	o.MaxClientMemory = positive(o.MaxClientMemory, 64<<20)
	o.QueueBytes = positive(o.QueueBytes, 4<<20)
	if o.PollAfter == 0 {
		o.PollAfter = 16
	}
	o.WriteTimeout = positive(o.WriteTimeout, 10*time.Second)
	o.RequestTimeout = positive(o.RequestTimeout, 10*time.Second)
	o.HandshakeTimeout = positive(o.HandshakeTimeout, 10*time.Second)
	o.CloseTimeout = positive(o.CloseTimeout, 2*time.Second)
	if o.KeepAlive == (net.KeepAliveConfig{}) {
		o.KeepAlive = net.KeepAliveConfig{
			Enable: true, Idle: time.Minute, Interval: 15 * time.Second, Count: 4,
		}
	}
	if o.Log == nil {
		o.Log = silent()
	}
	return o
}

func positive[T int | time.Duration](value, fallback T) T {
	if value > 0 {
		return value
	}
	return fallback
}
