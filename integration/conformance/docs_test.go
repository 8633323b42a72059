package conformance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

const docsHost = "127.0.9.19"

// TestDocs holds what COMMAND DOCS tells of each command against a real redis-sentinel, which
// is what redis-cli makes its help and its hints of: since when it is there, its group, its
// arguments, and what takes its place. Summaries are our own words.
func TestDocs(t *testing.T) {
	needReal(t)
	startSentinel(t, docsHost, "")
	ours := serve(t, command.Options{Store: store.New(), MyID: id("a"), Addr: docsHost})
	for _, protocol := range []string{"2", "3"} {
		theirs := docs(t, tcp(addr(docsHost, sentinelPort)), protocol)
		have := docs(t, ours, protocol)
		if len(have) < 60 {
			t.Fatalf("only %d commands are explained", len(have))
		}
		for name, want := range theirs {
			if have[name] != want {
				t.Errorf("RESP%s, %s:\n%s\nand of the real one:\n%s", protocol, name, have[name], want)
			}
			delete(have, name)
		}
		delete(have, "client|setinfo") // came with 7.2
		for name := range have {
			t.Errorf("RESP%s, %s: the real one has none", protocol, name)
		}
	}
}

// docs are what is compared of each command, by full name.
func docs(t *testing.T, to dialer, protocol string) map[string]string {
	t.Helper()
	c := dial(t, to)
	c.send(t, encode(t, "HELLO "+protocol)+encode(t, "COMMAND DOCS"))
	if _, err := readValue(c.reader); err != nil {
		t.Fatal(err)
	}
	v, err := readValue(c.reader)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	collectDocs(told, v)
	return told
}

func collectDocs(told map[string]string, commands value) {
	for i := 0; i+1 < len(commands.items); i += 2 {
		name, fields := commands.items[i].text, commands.items[i+1]
		var lines []string
		for f := 0; f+1 < len(fields.items); f += 2 {
			switch field, v := fields.items[f].text, fields.items[f+1]; field {
			case "summary", "complexity", "history":
			case "subcommands":
				collectDocs(told, v)
			default:
				lines = append(lines, fmt.Sprintf("%s: %s", field, v.print()))
			}
		}
		slices.Sort(lines)
		told[name] = fmt.Sprintf("%c\n%s", fields.kind, strings.Join(lines, "\n"))
	}
}
