package command

func commandTable() *entry {
	sub := func(name string, arity int, tips []string, usage, summary string, run runner) *entry {
		return &entry{
			name: "command|" + name, arity: arity, flags: flagsLocal, categories: slowConnection, tips: tips,
			group: "server", since: "2.8.13", usage: usage, summary: summary, run: run,
		}
	}
	later := func(e *entry) *entry {
		e.since = "7.0.0"
		return e
	}
	return &entry{
		name: "command", arity: -1, flags: flagsLocal, categories: slowConnection, tips: tipsUnordered,
		group: "server", since: "2.8.13", summary: "Describes all commands.", run: (*Commands).command,
		subs: []*entry{
			sub("count", 2, nil, "", "Counts the commands.", (*Commands).commandCount),
			later(sub("docs", -2, tipsUnordered, "[<command> ...]", "Explains commands.", (*Commands).commandDocs)),
			sub("getkeys", -4, nil, "<command> <arg> [...]", "Finds keys in a command; no command here has any.", (*Commands).commandGetKeys),
			later(sub("getkeysandflags", -4, nil, "<command> <arg> [...]", "Does the same.", (*Commands).commandGetKeys)),
			local("command|help", "server", "5.0.0", slowConnection, (*Commands).commandHelp),
			sub("info", -2, tipsUnordered, "[<command> ...]", "Describes commands.", (*Commands).commandInfo),
			later(sub("list", -2, tipsUnordered, "[FILTERBY (ACLCAT|PATTERN|MODULE) <value>]", "Lists the names of commands.", (*Commands).commandList)),
		},
	}
}
