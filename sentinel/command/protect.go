package command

import (
	"net/netip"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
)

// Protected mode: who has shown no password may ask and listen. Redis has it for its data;
// a Sentinel obeys everybody who can reach its port, and one command is enough there to
// lock all others out, to have clients go to a stranger, or to have a master forgotten.
//
// A connection from a loopback address is within the pod, where nobody else comes in:
// that of kubectl port-forward, and of whoever may execute programs there.

// guarded tells whether a request is not for everybody.
func (e *entry) guarded(args [][]byte) bool { return e.confidential || e.changes(args) }

// changes tells whether a request changes something for others.
func (e *entry) changes(args [][]byte) bool { return e.forAll != nil && e.forAll(args) }

// isTrusted tells whether a session may do what is not for everybody, if its user may.
func (c *Commands) isTrusted(s *resp.Session) bool {
	own := stateOf(s)
	return !c.options.ProtectedMode || own.local || own.login.Proven()
}

// isLocal tells whether host:port is an address of the own network namespace alone.
func isLocal(remote string) bool {
	addr, err := netip.ParseAddrPort(remote)
	return err == nil && addr.Addr().Unmap().IsLoopback()
}

// What a request of an entry changes for others; see entry.forAll.

func always([][]byte) bool { return true }

// withMore: the command alone asks.
func withMore(args [][]byte) bool { return len(args) > 2 }

// unlessFirst: the command changes something but with this word.
func unlessFirst(word string) func([][]byte) bool {
	return func(args [][]byte) bool { return len(args) < 3 || !is(args[2], word) }
}

// ifFirst: it does with this word alone.
func ifFirst(word string) func([][]byte) bool {
	return func(args [][]byte) bool { return len(args) > 2 && is(args[2], word) }
}
