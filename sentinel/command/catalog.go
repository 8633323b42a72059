package command

import (
	"slices"
	"strings"
	"sync"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
)

// command describes every top-level command with its subcommands.
func (c *Commands) command(*resp.Session, [][]byte) resp.Reply {
	var all []*entry
	for _, top := range c.table.top {
		if !top.hidden {
			all = append(all, top)
		}
	}
	return descriptions(all)
}

// descriptions are written one by one: a short question has a long answer. A nil entry is
// a name that does not exist.
func descriptions(entries []*entry) resp.Reply {
	return resp.List(len(entries), func(i int, b []byte, proto int) []byte {
		if entries[i] == nil {
			return resp.Null.Append(b, proto)
		}
		return entries[i].description.append(b, proto, func() resp.Reply { return describe(entries[i]) })
	})
}

func (c *Commands) commandCount(*resp.Session, [][]byte) resp.Reply {
	n := 0
	for _, top := range c.table.top {
		if !top.hidden {
			n++
		}
	}
	return resp.Integer(int64(n))
}

// commandInfo describes a name as often as it is named, as Redis does.
func (c *Commands) commandInfo(s *resp.Session, args [][]byte) resp.Reply {
	if len(args) == 2 {
		return c.command(s, args)
	}
	named := make([]*entry, len(args)-2)
	for i, name := range args[2:] {
		if e := c.table.full(name); e != nil && !e.hidden {
			named[i] = e
		}
	}
	return descriptions(named)
}

// kept is a reply that is always the same, rendered when it is first asked for: a client
// that asks for all of them all the time is to cost no more than the bytes.
type kept [resp.RESP3 + 1]struct {
	once sync.Once
	text []byte
}

func (k *kept) append(b []byte, proto int, render func() resp.Reply) []byte {
	one := &k[proto]
	one.once.Do(func() { one.text = render().Append(nil, proto) })
	return append(b, one.text...)
}

// describe gives the ten elements of COMMAND INFO; no command here has keys.
func describe(e *entry) resp.Reply {
	zero := resp.Integer(0)
	return resp.Array(
		resp.Bulk(e.name), resp.Integer(int64(e.arity)), set(e.flags, resp.Simple),
		zero, zero, zero,
		set(e.categories, resp.Simple), set(e.tips, resp.Bulk), resp.Set(), describeSubs(e),
	)
}

// describeSubs is an array, but for none an empty set, as in 7.0.
func describeSubs(e *entry) resp.Reply {
	if len(e.subs) == 0 {
		return resp.Set()
	}
	var subs []resp.Reply
	for _, sub := range e.subs {
		if !sub.hidden {
			subs = append(subs, describe(sub))
		}
	}
	return resp.Array(subs...)
}

func set(texts []string, wrap func(string) resp.Reply) resp.Reply {
	items := make([]resp.Reply, len(texts))
	for i, text := range texts {
		items[i] = wrap(text)
	}
	return resp.Set(items...)
}

func (c *Commands) commandDocs(_ *resp.Session, args [][]byte) resp.Reply {
	var told []*entry
	add := func(e *entry) {
		if e != nil && !e.hidden && !slices.Contains(told, e) { // the keys of a map, so each once
			told = append(told, e)
		}
	}
	for _, name := range args[2:] {
		add(c.table.full(name))
	}
	if len(args) == 2 {
		for _, top := range c.table.top {
			add(top)
		}
	}
	return resp.ListMap(2*len(told), func(i int, b []byte, proto int) []byte {
		if i%2 == 0 {
			return resp.Bulk(told[i/2].name).Append(b, proto)
		}
		return told[i/2].document.append(b, proto, func() resp.Reply { return document(told[i/2]) })
	})
}

func document(e *entry) resp.Reply {
	pairs := []resp.Reply{
		resp.Bulk("summary"), resp.Bulk(e.summary),
		resp.Bulk("since"), resp.Bulk(e.since),
		resp.Bulk("group"), resp.Bulk(e.group),
	}
	if e.replacedBy != "" {
		pairs = append(
			pairs,
			resp.Bulk("doc_flags"), set([]string{"deprecated"}, resp.Simple),
			resp.Bulk("deprecated_since"), resp.Bulk(e.deprecated), resp.Bulk("replaced_by"), resp.Bulk(e.replacedBy),
		)
	}
	if list := documented[e.name]; len(list) > 0 {
		pairs = append(pairs, resp.Bulk("arguments"), documents(list))
	}
	var subs []resp.Reply
	for _, sub := range e.subs {
		if !sub.hidden {
			subs = append(subs, resp.Bulk(sub.name), document(sub))
		}
	}
	if len(subs) > 0 {
		pairs = append(pairs, resp.Bulk("subcommands"), resp.Map(subs...))
	}
	return resp.Map(pairs...)
}

func (c *Commands) commandList(_ *resp.Session, args [][]byte) resp.Reply {
	wanted := func(*entry) bool { return true }
	switch {
	case len(args) == 2:
	case len(args) != 5 || !is(args[2], "FILTERBY"):
		return resp.Error(errSyntax)
	case is(args[3], "MODULE"):
		wanted = func(*entry) bool { return false }
	case is(args[3], "ACLCAT"):
		category := "@" + strings.ToLower(string(args[4]))
		wanted = func(e *entry) bool { return slices.Contains(e.categories, category) }
	case is(args[3], "PATTERN"):
		pattern := resp.CompileFold(string(args[4]))
		wanted = func(e *entry) bool { return pattern.Match(e.name) }
	default:
		return resp.Error(errSyntax)
	}
	var names []resp.Reply
	for _, e := range c.table.all {
		if !e.hidden && wanted(e) {
			names = append(names, resp.Bulk(e.name))
		}
	}
	return resp.Array(names...)
}

// commandGetKeys looks the command up in the table of this server, as Redis does.
func (c *Commands) commandGetKeys(_ *resp.Session, args [][]byte) resp.Reply {
	e := lookup(c.table.byName, args[2])
	if e != nil && len(e.subs) > 0 {
		e = lookup(e.byName, args[3])
	}
	if e == nil || e.hidden {
		return resp.Error(errInvalidCommand)
	}
	return resp.Error(errNoKeys)
}
