package command

func serverTable() []*entry {
	return []*entry{
		{
			name: "info", arity: -1, flags: flagsLocal, categories: []string{"@slow", "@dangerous"},
			tips:  []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
			group: "server", since: "1.0.0", summary: "Tells about the server and its masters, by sections.", run: (*Commands).info,
		},
		{
			name: "role", arity: 1, flags: []string{"noscript", "loading", "stale", "fast"}, categories: []string{"@admin", "@fast", "@dangerous"},
			group: "server", since: "2.8.12", summary: "Tells that this is a Sentinel, and its masters' names.", run: (*Commands).role,
		},
		{
			name: "shutdown", arity: -1, categories: slowAdmin,
			flags: []string{"admin", "noscript", "loading", "stale", "no_multi", "allow_busy"},
			group: "server", since: "1.0.0", summary: "Is refused: Kubernetes runs this service.", run: (*Commands).shutdown,
		},
		aclTable(),
	}
}

// aclTable lists what a Sentinel has; users other than default do not exist here.
func aclTable() *entry {
	open := func(name string, arity int, run runner) *entry {
		return &entry{
			name: "acl|" + name, arity: arity, flags: flagsScriptless, categories: slow,
			group: "server", since: "6.0.0", summary: "About users; there is only default.", run: run,
		}
	}
	admin := func(name string, arity int, run runner) *entry {
		e := open(name, arity, run)
		e.flags, e.categories = flagsAdminLocal, slowAdmin
		return e
	}
	refuse := (*Commands).aclRefuse
	return &entry{
		name: "acl", arity: -2, categories: slow, group: "server", since: "6.0.0", summary: "Commands about users.",
		subs: []*entry{
			open("cat", -2, refuse), admin("deluser", -3, refuse), admin("dryrun", -4, refuse),
			open("genpass", -2, refuse), admin("getuser", 3, refuse), local("acl|help", "server", slow, (*Commands).aclHelp),
			admin("list", 2, refuse), admin("load", 2, refuse), admin("log", -2, refuse), admin("save", 2, refuse),
			admin("setuser", -3, refuse), admin("users", 2, (*Commands).aclUsers), open("whoami", 2, (*Commands).aclWhoAmI),
		},
	}
}
