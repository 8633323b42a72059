package conformance

import (
	"context"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// A transcript has two directives:
//
//	conn NAME [at=auth] [grade=...] [replies=N] [closes]
//	raw  NAME [...]
//
// conn sends each input line as one request and reads one answer for each, or N; raw
// sends the lines as bytes in Go's escapes, without separators, and reads one answer,
// or N. Without input lines it only reads. NAME is a connection, opened on first use:
// to the server that watches mymaster, with at=auth to the one with a password, with
// at=acl to the one with an ACL file, and with at=change or at=fail to those whose
// masters may be changed or failed over, with at=down to one that reaches nobody, and
// with at=unsaved to one that cannot keep a change. closes also tells whether the server has
// closed it. <id NAME> in a line stands for the id of that connection.
type transcript struct {
	servers servers
	clients map[string]*client
}

// servers are what a transcript runs against, by the names that it has for them.
type servers map[string]dialer

// dialer opens a connection to a server.
type dialer func(ctx context.Context) (net.Conn, error)

// tcp dials an address.
func tcp(addr string) dialer {
	return func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", addr)
	}
}

func newTranscript(servers servers) *transcript {
	return &transcript{servers: servers, clients: map[string]*client{}}
}

// run executes one directive and returns what the server answered.
func (tr *transcript) run(t *testing.T, d *datadriven.TestData) string {
	t.Helper()
	at, grade, replies := "", gradeExact, 1
	lines := strings.Split(d.Input, "\n")
	if d.Cmd == "conn" {
		replies = len(lines)
	}
	d.MaybeScanArgs(t, "at", &at)
	d.MaybeScanArgs(t, "grade", &grade)
	d.MaybeScanArgs(t, "replies", &replies)
	name := d.CmdArgs[0].Key
	c := tr.clients[name]
	if c == nil {
		c = dial(t, tr.servers[at])
		tr.clients[name] = c
	}
	c.send(t, request(t, d.Cmd, tr.withIDs(t, lines)))
	answers := c.read(t, replies, grade)
	if d.HasArg("closes") {
		answers = append(answers, c.state())
	}
	return strings.Join(answers, "\n") + "\n"
}

func request(t *testing.T, directive string, lines []string) string {
	t.Helper()
	var data strings.Builder
	for _, line := range lines {
		switch directive {
		case "conn":
			data.WriteString(encode(t, line))
		case "raw":
			data.WriteString(unescape(t, line))
		default:
			t.Fatalf("unknown directive %s", directive)
		}
	}
	return data.String()
}

var clientID = regexp.MustCompile(`<id (\w+)>`)

// withIDs fills in the ids of connections.
func (tr *transcript) withIDs(t *testing.T, lines []string) []string {
	t.Helper()
	filled := make([]string, len(lines))
	for i, line := range lines {
		filled[i] = clientID.ReplaceAllStringFunc(line, func(match string) string {
			c := tr.clients[clientID.FindStringSubmatch(match)[1]]
			c.send(t, encode(t, "CLIENT ID"))
			v, err := readValue(c.reader)
			if err != nil {
				t.Fatal(err)
			}
			return v.text
		})
	}
	return filled
}
