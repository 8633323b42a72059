package main

import (
	"bytes"
	"fmt"
	"strconv"
)

// scanner counts complete replies in a stream of RESP2 or RESP3 without building
// them, so that the client costs little beside the server.
type scanner struct {
	open int    // values that the reply under way still lacks
	skip int    // bytes of a string that are still to come
	line []byte // the beginning of a header
}

// feed looks at the next bytes and returns how many replies they complete.
func (s *scanner) feed(b []byte) (replies int, err error) {
	for len(b) > 0 {
		if s.skip > 0 {
			n := min(s.skip, len(b))
			s.skip -= n
			b = b[n:]
			if s.skip == 0 {
				replies += s.value(0)
			}
			continue
		}
		if n := bulk(b); n > 0 && s.open > 1 && len(s.line) == 0 {
			b = b[n:]
			s.open--
			continue
		}
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			s.line = append(s.line, b...)
			return replies, nil
		}
		header := b[:end]
		if len(s.line) > 0 {
			s.line = append(s.line, header...)
			header = s.line
		}
		b = b[end+1:]
		n, err := s.header(header)
		if err != nil {
			return replies, err
		}
		replies += n
		s.line = s.line[:0]
	}
	return replies, nil
}

// bulk is the size of a whole short string at the beginning of b, 0 if there is none:
// nearly all of what a Sentinel sends, in few steps.
func bulk(b []byte) int {
	if len(b) < len("$0\r\n\r\n") || b[0] != '$' {
		return 0
	}
	n, header := int(b[1]-'0'), 4
	if b[2] != '\r' {
		n, header = n*10+int(b[2]-'0'), 5
	}
	if size := header + n + len("\r\n"); n >= 0 && n < 100 && size <= len(b) && b[header-1] == '\n' {
		return size
	}
	return 0
}

// header reads one line without its LF.
func (s *scanner) header(line []byte) (replies int, err error) {
	if len(line) < 2 || line[len(line)-1] != '\r' {
		return 0, fmt.Errorf("malformed reply %q", line)
	}
	kind, rest := line[0], line[1:len(line)-1]
	switch kind {
	case '-':
		return 0, fmt.Errorf("error reply %q", rest)
	case '+', ':', ',', '_', '#':
		return s.value(0), nil
	case '$', '=', '*', '~', '>', '%':
	default:
		return 0, fmt.Errorf("malformed reply %q", line)
	}
	n, err := strconv.Atoi(string(rest))
	switch {
	case err != nil:
		return 0, fmt.Errorf("malformed reply %q", line)
	case n < 0:
		return s.value(0), nil
	case kind == '$' || kind == '=':
		s.skip = n + len("\r\n")
		return 0, nil
	case kind == '%':
		n *= 2
	}
	return s.value(n), nil
}

// value ends one value, that has so many others in it.
func (s *scanner) value(others int) (replies int) {
	if s.open == 0 {
		s.open = 1
	}
	if s.open += others - 1; s.open == 0 {
		return 1
	}
	return 0
}
