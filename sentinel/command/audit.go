package command

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/acl"
)

const (
	ledgerBurst = 20          // lines at once
	ledgerEvery = time.Second // and then one in this time
	auditWord   = 64          // bytes of an argument that are told
	auditWords  = 16          // arguments
)

// audit is what is kept of those who change something for others, and who fail to log in.
type audit struct {
	changed, refused *ledger

	failures acl.Failures
	held     chan struct{} // see holdBack
}

func newAudit(options Options) *audit {
	return &audit{changed: newLedger(options), refused: newLedger(options), held: make(chan struct{}, heldMost)}
}

// A ledger writes lines that clients cause: each at first, then so many as a disk and a
// person can bear, with the number of those that were left out. They are warnings, so that
// the log level, which clients can change, does not hide them.
type ledger struct {
	log logrus.FieldLogger
	now func() time.Time

	mu      sync.Mutex
	saved   int // lines that may be written at once
	since   time.Time
	omitted int
}

func newLedger(options Options) *ledger {
	return &ledger{log: options.Log, now: options.Now, saved: ledgerBurst, since: options.Now()}
}

// write writes a line or counts it.
func (l *ledger) write(text string, fields logrus.Fields) {
	omitted, ok := l.take()
	if !ok {
		return
	}
	if omitted > 0 {
		fields["omitted"] = omitted
	}
	l.log.WithFields(fields).Warn(text)
}

// take has the lines that were left out before, if one may be written now.
func (l *ledger) take() (omitted int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if more := int(now.Sub(l.since) / ledgerEvery); more > 0 {
		l.saved, l.since = min(l.saved+more, ledgerBurst), now
	}
	if l.saved == 0 {
		l.omitted++
		return 0, false
	}
	l.saved--
	omitted, l.omitted = l.omitted, 0
	return omitted, true
}

// record tells who has changed what for others. What came before a mistake in a request
// may have been kept, so that those are told, too.
func (c *Commands) record(s *resp.Session, e *entry, args [][]byte, reply resp.Reply) {
	fields := logrus.Fields{"conn": s.Remote(), "user": bounded(s.User()), "command": e.name, "args": told(e, args)}
	if reply.IsError() {
		fields["err"] = bounded(reply.Text())
	}
	c.audit.changed.write("a client changes something for others", fields)
}

// told are the arguments of a command, without what could be secret, and bounded.
func told(e *entry, args [][]byte) string {
	args = args[min(len(args), 1+strings.Count(e.name, "|")):]
	var words []string
	for i, arg := range args {
		if i == auditWords {
			words = append(words, fmt.Sprintf("and %d more", len(args)-i))
			break
		}
		word := bounded(string(arg))
		if e.secret != nil && e.secret(args, i) {
			word = "(secret)"
		}
		words = append(words, strconv.Quote(word))
	}
	return strings.Join(words, " ")
}

func bounded(text string) string { return text[:min(len(text), auditWord)] }

// passwordRules are those of ACL SETUSER that hold a password or its hash.
func passwordRules(args [][]byte, i int) bool {
	return i > 0 && len(args[i]) > 0 && strings.ContainsRune("><#!", rune(args[i][0]))
}

// afterPass is what follows an option such as auth-pass.
func afterPass(args [][]byte, i int) bool {
	return i > 0 && strings.HasSuffix(strings.ToLower(string(args[i-1])), "pass")
}
