package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// guide says what runs where and what to try.
func guide(l layout, c config) string {
	var text strings.Builder
	first := l.Masters[0]
	fmt.Fprintf(&text, "\nReady. Ctrl-C ends everything.\n\n  Sentinels  %s\n\n", strings.Join(l.Sentinels, "  "))
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	pid := 0
	for _, m := range l.Masters {
		for _, p := range m.Pods {
			_, _ = fmt.Fprintf(table, "  %s\t%s\t%s\t%s\tpid %d\n", m.Name, p.Name, p.Address, p.Role, p.PID)
			if m.Name == first.Name && p.Role == "master" {
				pid = p.PID
			}
		}
	}
	_ = table.Flush() // a strings.Builder takes everything
	fmt.Fprintf(&text, `
To paste into a second terminal; first, who is master, and how to write to whoever it is:

  redis-cli -p %[1]d sentinel masters
  master() { redis-cli -p %[1]d sentinel get-master-addr-by-name %[2]s | { read -r h; read -r p; echo "-h $h -p $p"; }; }
  redis-cli $(master) set hello world

In a third one, what clients hear:

  redis-cli -p %[1]d subscribe +switch-master

Then kill the master. It is restarted empty, %[4]s. %[5]s:

  kill -9 %[3]d
  redis-cli $(master) get hello

What happens:

`, c.port, first.Name, pid, c.restarted(), c.afterwards())
	return text.String()
}

// afterwards says what becomes of a key.
func (c config) afterwards() string {
	if c.replicas == 0 {
		return "Nobody has a copy (--replicas 0), so the key is gone"
	}
	return "The key is still there"
}

// restarted says when that is.
func (c config) restarted() string {
	if c.atOnce {
		return "at once"
	}
	return "within a second as by a kubelet (which takes 10 s and more\nwhen the same one crashes again soon; here it stays a second)"
}
