package command

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/acl"
)

// entry is one command or subcommand.
type entry struct {
	name       string // in full: "sentinel|master"
	arity      int    // with the name; negative: at least
	flags      []string
	categories []string
	tips       []string
	group      string
	since      string
	usage      string // what HELP shows after the name
	summary    string // our own words
	deprecated string // since when, in favour of replacedBy
	replacedBy string
	run        func(*Commands, *resp.Session, [][]byte) resp.Reply

	right   acl.Right  // to run it
	channel channelUse // what its arguments are

	aliasOf string // the full name of a command before it that does the same

	// Who may run it, beside rights; see protect.go.
	forAll       func(args [][]byte) bool        // whether a request changes something for others; nil: none does
	confidential bool                            // what it tells is not for everybody
	secret       func(args [][]byte, i int) bool // whether an argument must not be told in a log; nil: none

	hidden       bool // not told by COMMAND: beyond 7.0.15, or gone from it
	beforeAuth   bool
	subscriber   bool // allowed to RESP2 subscribers
	keepsCaching bool // CLIENT CACHING lasts over it
	prompt       bool // waits for nobody, and is soon done however much there is

	subs   []*entry
	byName map[string]*entry
	calls  atomic.Uint64

	description, document kept // for COMMAND INFO and COMMAND DOCS
}

// table finds commands by lower-case name.
type table struct {
	top    []*entry
	all    []*entry
	byName map[string]*entry
}

func newTable() table {
	t := table{byName: map[string]*entry{}}
	t.top = append(connectionTable(), clientTable(), commandTable(), sentinelTable())
	t.top = append(t.top, serverTable()...)
	for _, top := range t.top {
		t.byName[top.name] = top
		t.all = append(t.all, top)
		top.byName = map[string]*entry{}
		for _, sub := range top.subs {
			top.byName[sub.short()] = sub
			t.all = append(t.all, sub)
		}
	}
	return t
}

// short is the name without its container.
func (e *entry) short() string {
	_, sub, found := strings.Cut(e.name, "|")
	if !found {
		return e.name
	}
	return sub
}

// find returns the command that a request names, or the refusal for a name that
// does not exist and for a wrong number of arguments.
func (t *table) find(args [][]byte) (*entry, resp.Reply) {
	top := lookup(t.byName, args[0])
	if top == nil {
		return nil, unknownCommand(args)
	}
	found := top
	if len(top.subs) > 0 && len(args) > 1 {
		if found = lookup(top.byName, args[1]); found == nil {
			return nil, failf(errUnknownSub, printable(args[1], 128), strings.ToUpper(top.name))
		}
	}
	if n := len(args); n != found.arity && (found.arity > 0 || n < -found.arity) {
		return nil, failf(errArity, found.name)
	}
	return found, resp.None
}

// full finds a name as COMMAND INFO spells it: "client|list".
func (t *table) full(name []byte) *entry {
	container, sub, found := strings.Cut(strings.ToLower(string(name)), "|")
	top := t.byName[container]
	if top == nil || !found {
		return top
	}
	return top.byName[sub]
}

// lookup ignores case and does not allocate.
func lookup(entries map[string]*entry, name []byte) *entry {
	var folded [32]byte
	if len(name) > len(folded) {
		return nil
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		folded[i] = c
	}
	return entries[string(folded[:len(name)])]
}

// unknownCommand quotes what was sent, each part up to 128 bytes in all.
func unknownCommand(args [][]byte) resp.Reply {
	var quoted strings.Builder
	for _, arg := range args[1:] {
		if quoted.Len() >= 128 {
			break
		}
		quoted.WriteString("'" + printable(arg, 128-quoted.Len()) + "' ")
	}
	return failf(errUnknownCommand, printable(args[0], 128), quoted.String())
}

// printable is what C's %.*s prints: up to a NUL or the limit.
func printable(b []byte, limit int) string {
	text, _, _ := strings.Cut(string(b), "\x00")
	return text[:min(len(text), limit)]
}

func failf(format string, args ...any) resp.Reply {
	return resp.Error(fmt.Sprintf(format, args...))
}
