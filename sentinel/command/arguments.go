package command

import (
	"slices"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
)

// argument is one of a command as COMMAND DOCS has it, for redis-cli's hints. The names, kinds
// and versions are those that a real Sentinel tells.
type argument struct {
	name       string
	kind       string
	token      string // the word that it is, or that stands before it
	since      string // where it came later than the command
	deprecated string
	flags      []string
	parts      []argument // of a block, or the choices
}

func text(name string) argument   { return argument{name: name, kind: "string"} }
func number(name string) argument { return argument{name: name, kind: "integer"} }

var pattern = argument{name: "pattern", kind: "pattern"}

// word is one that is written as it is.
func word(name, token string) argument { return argument{name: name, kind: "pure-token", token: token} }

func oneOf(name string, choices ...argument) argument {
	return argument{name: name, kind: "oneof", parts: choices}
}

func block(name string, parts ...argument) argument {
	return argument{name: name, kind: "block", parts: parts}
}

// after is the argument behind a word.
func (a argument) after(token string) argument {
	a.token = token
	return a
}

func (a argument) from(version string) argument {
	a.since = version
	return a
}

func (a argument) until(version string) argument {
	a.deprecated = version
	return a
}

func (a argument) optional() argument { return a.with("optional") }
func (a argument) multiple() argument { return a.with("multiple") }

func (a argument) with(flag string) argument {
	a.flags = append(slices.Clip(a.flags), flag)
	return a
}

func (a argument) document() resp.Reply {
	pairs := []resp.Reply{resp.Bulk("name"), resp.Bulk(a.name), resp.Bulk("type"), resp.Bulk(a.kind)}
	add := func(field string, value resp.Reply) { pairs = append(pairs, resp.Bulk(field), value) }
	for _, told := range []struct{ field, text string }{{"token", a.token}, {"since", a.since}, {"deprecated_since", a.deprecated}} {
		if told.text != "" {
			add(told.field, resp.Bulk(told.text))
		}
	}
	if len(a.flags) > 0 {
		add("flags", set(a.flags, resp.Simple))
	}
	if len(a.parts) > 0 {
		add("arguments", documents(a.parts))
	}
	return resp.Map(pairs...)
}

func documents(list []argument) resp.Reply {
	replies := make([]resp.Reply, len(list))
	for i, a := range list {
		replies[i] = a.document()
	}
	return resp.Array(replies...)
}
