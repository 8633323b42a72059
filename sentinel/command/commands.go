package command

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/acl"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// Options is what the commands answer from.
type Options struct {
	// Store holds the views.
	Store *store.Store
	// MyID is SENTINEL MYID: 40 hex digits, the same for a pod as its peers list it.
	MyID string
	// RunID of this process, as INFO server tells it; MyID when empty.
	RunID string
	// Addr is this replica's own IP, as its peers list it (CONFIG GET announce-ip).
	Addr string
	// Port is told by INFO server.
	Port int
	// RequirePass is the password of user default; "" needs none. An ACL file that
	// defines user default overrides it.
	RequirePass string
	// ACLFile is what ACL LOAD reads and ACL SAVE writes; see LoadUsers.
	ACLFile string
	// Failover begins a planned failover and returns once that is decided, or an
	// error (sentinel.ErrInProgress and ErrNoGoodReplica have answers of their own);
	// nil refuses the command. It runs on the asking client's goroutine.
	Failover func(ctx context.Context, master string) error
	// Writer keeps what clients change; nil refuses to.
	Writer Writer
	// Hindrance says what stands in the way of a master of this name, "" while there is one, and
	// whether there is such a set; nil: nothing is known but what the Store has.
	Hindrance func(master string) (text string, known bool)
	// Problems says what this replica of the service cannot do now; nil: nothing.
	Problems func() []string
	// ProtectedMode lets connections only ask and listen that have not logged in with a
	// password and come from another address than a loopback one.
	ProtectedMode bool
	// DebugCommands allows SENTINEL SIMULATE-FAILURE.
	DebugCommands bool
	// LogLevel is what CONFIG GET loglevel tells until it is set.
	LogLevel string
	// Log is told who changed something for all, why a change was not kept, and of failed
	// logins; nothing when nil.
	Log logrus.FieldLogger
	// FailoverWait bounds a call of Failover or of Writer (5 s).
	FailoverWait time.Duration
	// ChangeRate is how many changes of clients a second are written to Kubernetes, and as
	// many failovers, and ChangeBurst how many of each at once after a quiet time (5 and 50).
	ChangeRate  float64
	ChangeBurst int
	// Now is the clock that ages are told by; time.Now when nil.
	Now func() time.Time
	// Started is when this process began; now when zero.
	Started time.Time
}

// Commands is the handler that a resp.Server is given.
type Commands struct {
	options Options
	table   table
	users   *acl.Users
	audit   *audit
	denied  acl.Log
	// What clients want written; see inTurn. A flood of changes must not stand in the way of a
	// failover that a person asks for.
	changes, failovers *turns
	listing            sync.Mutex // held by CLIENT LIST
}

// New returns the handler.
func New(options Options) *Commands {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Started.IsZero() {
		options.Started = options.Now()
	}
	if options.RunID == "" {
		options.RunID = options.MyID
	}
	if options.FailoverWait <= 0 {
		options.FailoverWait = 5 * time.Second
	}
	if options.Log == nil {
		silent := logrus.New()
		silent.SetOutput(io.Discard)
		options.Log = silent
	}
	if options.ChangeRate <= 0 {
		options.ChangeRate, options.ChangeBurst = 5, 50
	}
	c := &Commands{options: options, table: newTable()}
	c.changes, c.failovers = newTurns(options), newTurns(options)
	c.users = acl.NewUsers(c.table.catalog(), options.RequirePass)
	c.audit = newAudit(options)
	return c
}

// state is what the commands keep of a session.
type state struct {
	tracking tracking
	login    *acl.Login
	asked    asked
	local    bool // it comes from a loopback address
}

// Open prepares a session: everybody begins as user default, and is trusted at once
// while that user needs no password.
func (c *Commands) Open(s *resp.Session) {
	login := c.users.Initial()
	s.State = &state{login: login, local: isLocal(s.Remote())}
	s.Keeps(0)
	s.SetIdentity(login)
	s.SetTrusted(login.User().Open())
}

// Serve answers one command.
func (c *Commands) Serve(s *resp.Session, args [][]byte) resp.Reply {
	entry, refusal := c.table.find(args)
	if entry == nil {
		return refusal
	}
	switch {
	case entry.beforeAuth:
	case !s.Trusted() && !c.users.Initial().User().Open():
		return resp.Error(errNoAuth)
	default:
		if refusal, ok := c.permit(s, entry, args); !ok {
			return refusal
		}
	}
	switch {
	case !entry.subscriber && s.Proto() == resp.RESP2 && s.Subscribed():
		return failf(errSubscriber, entry.name)
	}
	if !entry.prompt {
		s.StepAside()
	}
	s.Note(&entry.name)
	entry.calls.Add(1)
	reply := entry.run(c, s, args)
	if entry.changes(args) {
		c.record(s, entry, args, reply)
	}
	if !entry.keepsCaching {
		stateOf(s).tracking.caching = cachingUnset
	}
	return reply
}

// Calls reports how often each command was run, under names such as
// "sentinel|masters".
func (c *Commands) Calls(report func(name string, calls uint64)) {
	for _, entry := range c.table.all {
		report(entry.name, entry.calls.Load())
	}
}

func stateOf(s *resp.Session) *state { return s.State.(*state) }
