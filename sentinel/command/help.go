package command

import (
	"fmt"
	"strings"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
)

// help is made of the table, so that it cannot lag behind it. The words are ours;
// the form is Redis's.
func (c *Commands) help(container string) resp.Reply {
	lines := []string{fmt.Sprintf(helpHeader, strings.ToUpper(container))}
	var last *entry
	for _, sub := range c.table.byName[container].subs {
		switch {
		case sub.hidden:
		case sub.short() == "help":
			last = sub
		default:
			lines = append(lines, helpLines(sub)...)
		}
	}
	return resp.Simples(append(lines, helpLines(last)...)...)
}

func helpLines(sub *entry) []string {
	name := strings.TrimSpace(strings.ToUpper(sub.short()) + " " + sub.usage)
	return []string{name, helpIndent + sub.summary}
}

func (c *Commands) sentinelHelp(*resp.Session, [][]byte) resp.Reply { return c.help("sentinel") }

func (c *Commands) clientHelp(*resp.Session, [][]byte) resp.Reply { return c.help("client") }

func (c *Commands) commandHelp(*resp.Session, [][]byte) resp.Reply { return c.help("command") }
