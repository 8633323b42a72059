package resp

import "strconv"

// Written is a reply that is rendered straight into the session's output, for what is
// asked often or is long: nothing is built before. write is called once and adds
// exactly one value at the end of b.
func Written(write func(b []byte, proto int) []byte) Reply { return Reply{kind: written, write: write} }

// List is an array of n items that may be long: it is written while it is rendered. item
// adds exactly one value at the end of b.
func List(n int, item func(i int, b []byte, proto int) []byte) Reply {
	return Reply{kind: listed, list: &listing{array, n, item}}
}

// ListMap is a map that may be long; its items are keys and values by turns.
func ListMap(n int, item func(i int, b []byte, proto int) []byte) Reply {
	return Reply{kind: listed, list: &listing{mapping, n, item}}
}

type listing struct {
	kind kind
	n    int
	item func(i int, b []byte, proto int) []byte
}

// append renders it as a whole, as a part of something else.
func (l *listing) append(b []byte, proto int) []byte {
	b = appendHeader(b, l.kind, l.n, proto)
	for i := range l.n {
		b = l.item(i, b, proto)
	}
	return b
}

// Address is an array of two strings, a host and a port.
func Address(host string, port int) Reply {
	return Reply{kind: address, text: host, number: int64(port)}
}

// AppendArray begins a list of n values in a Written reply.
func AppendArray(b []byte, n int) []byte { return appendLength(append(b, '*'), n) }

// Fields is a map in a Written reply whose values are all strings; its size is known
// when it is complete.
type Fields struct {
	b     []byte
	start int // where its header begins
	names int
	proto int
}

// fieldsHeader is the room for its header; two digits are enough for most.
const fieldsHeader = len("*00\r\n")

// AppendFields begins a map at the end of b; End completes it.
func AppendFields(b []byte, proto int) Fields {
	return Fields{b: append(b, "*00\r\n"...), start: len(b), proto: proto}
}

// Field is the name of a field as it is sent.
type Field struct{ sent string }

// NewField makes a name once, for all who send it.
func NewField(name string) Field { return Field{string(appendBulk(nil, name))} }

// Text adds a field.
func (f *Fields) Text(name Field, value string) {
	f.names++
	f.b = appendBulk(append(f.b, name.sent...), value)
}

// Number adds a field whose value is a decimal.
func (f *Fields) Number(name Field, value int64) {
	f.names++
	f.b = append(f.b, name.sent...)
	if 0 <= value && value < 10 {
		f.b = append(f.b, '$', '1', '\r', '\n', byte('0'+value), '\r', '\n')
		return
	}
	f.b = appendBulkInteger(f.b, value)
}

// End returns everything with the header filled in.
func (f *Fields) End() []byte {
	var room [24]byte
	header := appendHeader(room[:0], mapping, 2*f.names, f.proto)
	if len(header) != fieldsHeader { // the fields move
		f.b = append(f.b, room[:len(header)]...)
		copy(f.b[f.start+len(header):], f.b[f.start+fieldsHeader:len(f.b)-len(header)])
		f.b = f.b[:len(f.b)-fieldsHeader]
	}
	copy(f.b[f.start:], header)
	return f.b
}

func appendBulk[T string | []byte](b []byte, text T) []byte {
	b = appendLength(append(b, '$'), len(text))
	b = append(b, text...)
	return append(b, '\r', '\n')
}

// appendLength is quick for the lengths of nearly everything that is sent.
func appendLength(b []byte, n int) []byte {
	switch {
	case n < 10:
		return append(b, byte('0'+n), '\r', '\n')
	case n < 100:
		return append(b, byte('0'+n/10), byte('0'+n%10), '\r', '\n')
	}
	return append(strconv.AppendInt(b, int64(n), 10), '\r', '\n')
}
