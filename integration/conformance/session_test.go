package conformance

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience bounds every wait for an answer that must come; silence is how long
// nothing must come for a connection to count as open.
const (
	patience = 10 * time.Second
	silence  = time.Second
)

// client is one named connection of a transcript.
type client struct {
	conn   net.Conn
	reader *bufio.Reader
}

func dial(t *testing.T, to dialer) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := to(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &client{conn: conn, reader: bufio.NewReader(conn)}
}

func (c *client) send(t *testing.T, data string) {
	t.Helper()
	if data == "" {
		return
	}
	if _, err := c.conn.Write([]byte(data)); err != nil {
		t.Fatal(err)
	}
}

// read returns n answers, rendered; an end of the connection is one as well.
func (c *client) read(t *testing.T, n int, grade string) []string {
	t.Helper()
	var answers []string
	for range n {
		_ = c.conn.SetReadDeadline(time.Now().Add(patience))
		v, err := readValue(c.reader)
		if err != nil {
			return append(answers, fmt.Sprintf("(no answer: %v)", err))
		}
		answers = append(answers, render(v, grade))
	}
	return answers
}

// state tells whether the server has closed the connection.
func (c *client) state() string {
	_ = c.conn.SetReadDeadline(time.Now().Add(silence))
	_, err := c.reader.ReadByte()
	switch {
	case err == nil:
		return "(more came)"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "(open)"
	}
	return "(closed)"
}

// encode writes a command line as a RESP request. Words may be quoted as in Go.
func encode(t *testing.T, line string) string {
	t.Helper()
	var words []string
	for rest := strings.TrimSpace(line); rest != ""; rest = strings.TrimSpace(rest) {
		word, size := rest, len(rest)
		if quoted, err := strconv.QuotedPrefix(rest); err == nil {
			size = len(quoted)
			word, _ = strconv.Unquote(quoted)
		} else if i := strings.IndexByte(rest, ' '); i >= 0 {
			word, size = rest[:i], i
		}
		words, rest = append(words, word), rest[size:]
	}
	if len(words) == 0 {
		return ""
	}
	request := fmt.Sprintf("*%d\r\n", len(words))
	for _, word := range words {
		request += fmt.Sprintf("$%d\r\n%s\r\n", len(word), word)
	}
	return request
}

// unescape reads a line of a raw directive, in Go's escapes.
func unescape(t *testing.T, line string) string {
	t.Helper()
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(line, `"`, `\"`) + `"`)
	if err != nil {
		t.Fatalf("raw line %s: %v", line, err)
	}
	return text
}
