package resp

import (
	"bytes"
)

// The limits of a session that has not authenticated. Redis allows as many arguments
// (networking.c, processMultibulkBuffer) but 16 KiB for each.
const (
	untrustedArguments = 10
	untrustedRequest   = 4 << 10 // in all, as a line too
)

// maxHeader is longer than any valid `*` or `$` line.
const maxHeader = 64

// frame says what guard found at the beginning of the input.
type frame uint8

const (
	incomplete frame = iota // more bytes are needed
	empty                   // `*0`, `*-1`: to be skipped
	multibulk               // a complete request in RESP form
	inline                  // a complete line
)

// protocolError ends a connection; its text is Redis's.
type protocolError string

// Error is the text without its code.
func (e protocolError) Error() string { return "Protocol error: " + string(e) }

const (
	errBigInline       = protocolError("too big inline request")
	errBigCount        = protocolError("too big mbulk count string")
	errBigBulkCount    = protocolError("too big bulk count string")
	errMultibulkLength = protocolError("invalid multibulk length")
	errBulkLength      = protocolError("invalid bulk length")
	errUntrustedCount  = protocolError("unauthenticated multibulk length")
	errUntrustedBulk   = protocolError("unauthenticated bulk length")
	errUnbalanced      = protocolError("unbalanced quotes in request")
)

// guard finds complete requests and refuses those that redcon must not see. It
// remembers how far it has looked, so bytes that trickle in are looked at once.
type guard struct {
	arguments int
	bulk      int
	inline    int
	request   int

	checked int // bytes of the current request that are known to be good
	missing int // bulks that the current request still lacks
}

func newGuard(o Options) guard {
	return guard{arguments: o.MaxArguments, bulk: o.MaxBulk, inline: o.MaxInline, request: o.MaxRequest}
}

// next looks at buf, which begins with the current request, and returns the
// request's size once it is complete. As Redis does, it accepts any byte after a
// CR and any two bytes after a bulk; it writes the proper ones into buf for redcon.
func (g *guard) next(buf []byte, trusted bool) (frame, int, error) {
	if len(buf) == 0 {
		return incomplete, 0, nil
	}
	if g.missing == 0 {
		if buf[0] != '*' {
			return g.line(buf, trusted)
		}
		found, size, err := g.count(buf, trusted)
		if found != multibulk || err != nil {
			return found, size, err
		}
	}
	for g.missing > 0 {
		complete, err := g.argument(buf, trusted)
		if err != nil || !complete {
			return incomplete, 0, err
		}
	}
	return multibulk, g.done(), nil
}

func (g *guard) done() int {
	size := g.checked
	g.checked, g.missing = 0, 0
	return size
}

// line ends at the first LF.
func (g *guard) line(buf []byte, trusted bool) (frame, int, error) {
	most := g.inline
	if !trusted {
		most = untrustedRequest
	}
	end := bytes.IndexByte(buf[g.checked:], '\n')
	if end < 0 {
		g.checked = len(buf)
		if len(buf) > most {
			return incomplete, 0, errBigInline
		}
		return incomplete, 0, nil
	}
	g.checked += end + 1
	if g.checked > most+2 {
		return incomplete, 0, errBigInline
	}
	return inline, g.done(), nil
}

// count reads the `*<n>` line.
func (g *guard) count(buf []byte, trusted bool) (frame, int, error) {
	n, size, err := header(buf, errBigCount, errMultibulkLength)
	switch {
	case err != nil || size == 0:
		return incomplete, 0, err
	case n > int64(g.arguments):
		return incomplete, 0, errMultibulkLength
	case !trusted && n > untrustedArguments:
		return incomplete, 0, errUntrustedCount
	case n <= 0:
		return empty, size, nil
	}
	g.checked, g.missing = size, int(n)
	return multibulk, 0, nil
}

// argument reads one `$<n>` line with its bytes.
func (g *guard) argument(buf []byte, trusted bool) (complete bool, err error) {
	rest := buf[g.checked:]
	if len(rest) == 0 {
		return false, nil
	}
	if rest[0] != '$' && bytes.IndexByte(rest[:min(len(rest), maxHeader)], '\r') >= 0 {
		return false, protocolError("expected '$', got '" + string(rest[0]) + "'")
	}
	n, size, err := header(rest, errBigBulkCount, errBulkLength)
	switch {
	case err != nil || size == 0:
		return false, err
	case !trusted && n > int64(untrustedRequest-g.checked):
		return false, errUntrustedBulk
	case n < 0 || n > int64(g.bulk):
		return false, errBulkLength
	}
	end := size + int(n) + 2
	if g.checked+end > g.request {
		return false, errBulkLength
	}
	if len(rest) < end {
		return false, nil
	}
	rest[end-2], rest[end-1] = '\r', '\n'
	g.checked += end
	g.missing--
	return true, nil
}

// header reads the number between buf's first byte and its CR. A size of 0 asks
// for more bytes.
func header(buf []byte, tooBig, invalid protocolError) (n int64, size int, err error) {
	end := bytes.IndexByte(buf[:min(len(buf), maxHeader)], '\r')
	if end < 0 {
		if len(buf) >= maxHeader {
			return 0, 0, tooBig
		}
		return 0, 0, nil
	}
	if end+1 >= len(buf) {
		return 0, 0, nil
	}
	n, ok := ParseInteger(buf[1:end])
	if !ok {
		return 0, 0, invalid
	}
	buf[end+1] = '\n'
	return n, end + 2, nil
}

// ParseInteger reads a decimal as strictly as Redis's string2ll: no plus sign, no
// blanks, no leading zero, within 64 bits.
func ParseInteger(b []byte) (int64, bool) {
	digits, negative := b, false
	if len(b) > 0 && b[0] == '-' {
		digits, negative = b[1:], true
	}
	if len(digits) == 0 || (digits[0] == '0' && len(b) > 1) {
		return 0, false
	}
	var n uint64
	for _, c := range digits {
		if c < '0' || c > '9' || n > (1<<63)/10 {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	switch {
	case negative && n <= 1<<63:
		return -int64(n), true
	case !negative && n < 1<<63:
		return int64(n), true
	}
	return 0, false
}
