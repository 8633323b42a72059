package resp

import (
	"math"
	"strconv"

	"github.com/tidwall/redcon"
)

// Protocol versions that a session may speak.
const (
	RESP2 = 2
	RESP3 = 3
)

type kind uint8

const (
	none kind = iota
	simple
	failure
	integer
	bulk
	bulkInteger
	verbatim
	null
	nullArray
	array
	mapping
	set
	push
	double
	address
	written
	listed
)

// Reply is one answer as a value. It is rendered for the protocol version of the
// session that asked; the zero Reply renders nothing.
type Reply struct {
	kind   kind
	number int64
	text   string
	items  []Reply
	write  func(b []byte, proto int) []byte
	list   *listing
}

// OK is the reply +OK.
var OK = Simple("OK")

// None sends nothing: the command has answered by itself, or never does.
var None = Reply{}

// Null is an absent string: `$-1`, in RESP3 `_`.
var Null = Reply{kind: null}

// NullArray is an absent list: `*-1`, in RESP3 `_`.
var NullArray = Reply{kind: nullArray}

// Simple is a status line. Line breaks in it become blanks.
func Simple(text string) Reply { return Reply{kind: simple, text: text} }

// Error is an error line; text begins with its code, as in "ERR syntax error".
func Error(text string) Reply { return Reply{kind: failure, text: text} }

// Integer is a number.
func Integer(n int64) Reply { return Reply{kind: integer, number: n} }

// Bulk is a string of any bytes.
func Bulk(text string) Reply { return Reply{kind: bulk, text: text} }

// BulkInteger is a number in decimal sent as a string, as Sentinel's rows have it.
func BulkInteger(n int64) Reply { return Reply{kind: bulkInteger, number: n} }

// Verbatim is a text for people: a bulk string in RESP2.
func Verbatim(text string) Reply { return Reply{kind: verbatim, text: text} }

// Array is a list.
func Array(items ...Reply) Reply { return Reply{kind: array, items: items} }

// Map takes keys and values by turns: a flat list in RESP2.
func Map(pairs ...Reply) Reply { return Reply{kind: mapping, items: pairs} }

// Set is an unordered list: an array in RESP2.
func Set(items ...Reply) Reply { return Reply{kind: set, items: items} }

// Push is out-of-band data: an array in RESP2.
func Push(items ...Reply) Reply { return Reply{kind: push, items: items} }

// Bulks is an array of strings.
func Bulks(texts ...string) Reply { return Reply{kind: array, items: each(texts, Bulk)} }

// Simples is an array of status lines.
func Simples(texts ...string) Reply { return Reply{kind: array, items: each(texts, Simple)} }

func each(texts []string, wrap func(string) Reply) []Reply {
	items := make([]Reply, len(texts))
	for i, text := range texts {
		items[i] = wrap(text)
	}
	return items
}

// Double is a number with a fraction of thousandths: a bulk string in RESP2.
func Double(n float64) Reply {
	return Reply{kind: double, text: strconv.FormatFloat(math.Round(n*1000)/1000, 'f', -1, 64)}
}

// Text is the text of an error, a status or a string.
func (r Reply) Text() string { return r.text }

// IsError tells an error reply, for counting.
func (r Reply) IsError() bool { return r.kind == failure }

// Append renders the reply at the end of b for a protocol version.
func (r Reply) Append(b []byte, proto int) []byte {
	switch r.kind {
	case none:
		return b
	case simple:
		return redcon.AppendString(b, r.text)
	case failure:
		return redcon.AppendError(b, r.text)
	case integer:
		return redcon.AppendInt(b, r.number)
	case bulk:
		return appendBulk(b, r.text)
	case bulkInteger:
		return appendBulkInteger(b, r.number)
	case address:
		return appendBulkInteger(appendBulk(AppendArray(b, 2), r.text), r.number)
	case written:
		return r.write(b, proto)
	case listed:
		return r.list.append(b, proto)
	case verbatim:
		return appendVerbatim(b, r.text, proto)
	case double:
		if proto == RESP3 {
			return append(append(append(b, ','), r.text...), '\r', '\n')
		}
		return appendBulk(b, r.text)
	case null, nullArray:
		return appendNull(b, r.kind, proto)
	default:
		return r.appendItems(b, proto)
	}
}

func (r Reply) appendItems(b []byte, proto int) []byte {
	b = appendHeader(b, r.kind, len(r.items), proto)
	for i := range r.items {
		b = r.items[i].Append(b, proto)
	}
	return b
}

func appendHeader(b []byte, k kind, n, proto int) []byte {
	mark := byte('*')
	if proto == RESP3 {
		switch k {
		case mapping:
			mark, n = '%', n/2
		case set:
			mark = '~'
		case push:
			mark = '>'
		}
	}
	return appendLength(append(b, mark), n)
}

func appendNull(b []byte, k kind, proto int) []byte {
	switch {
	case proto == RESP3:
		return append(b, "_\r\n"...)
	case k == nullArray:
		return append(b, "*-1\r\n"...)
	default:
		return redcon.AppendNull(b)
	}
}

func appendBulkInteger(b []byte, n int64) []byte {
	var digits [20]byte
	return appendBulk(b, strconv.AppendInt(digits[:0], n, 10))
}

func appendVerbatim(b []byte, text string, proto int) []byte {
	if proto != RESP3 {
		return appendBulk(b, text)
	}
	b = appendLength(append(b, '='), len(text)+len("txt:"))
	b = append(b, "txt:"...)
	b = append(b, text...)
	return append(b, '\r', '\n')
}
