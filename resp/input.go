package resp

import "slices"

const (
	firstBuffer = 1 << 10 // where a connection's input begins
	keepInput   = 4 << 10 // an input that has grown further is given back when empty
)

// input is a buffer that requests are cut from. It begins small, grows with the
// request under way, and falls back to small when it is empty.
type input struct {
	buf        []byte
	start, end int
}

// space is where the next bytes go; it is never empty.
func (in *input) space() []byte {
	switch {
	case in.start == in.end:
		in.start, in.end = 0, 0
		if len(in.buf) > keepInput {
			in.buf = make([]byte, firstBuffer)
		}
	case in.end == len(in.buf) && in.start > 0:
		in.end = copy(in.buf, in.pending())
		in.start = 0
	}
	if in.end == len(in.buf) {
		in.buf = append(slices.Clip(in.buf), make([]byte, len(in.buf))...)
	}
	return in.buf[in.end:]
}

func (in *input) add(n int) {
	in.end += n
}

func (in *input) pending() []byte { return in.buf[in.start:in.end] }

func (in *input) take(n int) []byte {
	in.start += n
	return in.buf[in.start-n : in.start]
}
