package command

func sentinelTable() *entry {
	sub := func(name string, arity int, since, usage, summary string, run runner) *entry {
		return &entry{
			name: "sentinel|" + name, arity: arity, flags: []string{"admin"}, categories: slowAdmin,
			group: "sentinel", since: since, usage: usage, summary: summary, run: run,
		}
	}
	hidden := func(e *entry) *entry { // no listing shows it
		e.hidden = true
		return e
	}
	alias := func(original string, e *entry) *entry {
		e.aliasOf = "sentinel|" + original
		return e
	}
	deprecated := func(since, by string, e *entry) *entry {
		e.deprecated, e.replacedBy = since, by
		return e
	}
	forAll := func(which func([][]byte) bool, e *entry) *entry {
		e.forAll, e.secret = which, afterPass
		return e
	}
	prompt := func(e *entry) *entry { // concerns one master
		e.prompt = true
		return e
	}
	const name = "<master-name>"
	return &entry{
		name: "sentinel", arity: -2, flags: []string{"admin"}, categories: slowAdmin, group: "sentinel", since: "2.8.4",
		summary: "Commands about masters and their replicas.",
		subs: []*entry{
			sub("ckquorum", 3, "2.8.4", name, "Tells whether enough of the service is ready for a failover.", (*Commands).ckQuorum),
			forAll(ifFirst("SET"), sub("config", -3, "6.2.0", "GET <pattern> [...] | SET <option> <value> [...]", "Tells or changes options of the service, on every replica of it.", (*Commands).sentinelConfig)),
			forAll(withMore, sub("debug", -2, "7.0.0", "[<timer> <milliseconds> ...]", "Tells or changes timers, on every replica of the service.", (*Commands).debug)),
			forAll(always, sub("failover", -3, "2.8.4", name+" [COORDINATED]", "Hands the mastership over to a replica; no acknowledged write is lost.", (*Commands).failover)),
			forAll(always, sub("flushconfig", 2, "2.8.4", "", "Tells whether what was changed can be read back from Kubernetes.", (*Commands).flushConfig)),
			prompt(sub("get-master-addr-by-name", 3, "2.8.4", name, "Tells the address of the current master.", (*Commands).masterAddr)),
			local("sentinel|help", "sentinel", "6.2.0", slow, (*Commands).sentinelHelp),
			sub("info-cache", -3, "3.2.0", name+" [...]", "Tells the last INFO texts of a master and its replicas.", (*Commands).infoCache),
			sub("is-master-down-by-addr", 6, "2.8.4", "<ip> <port> <epoch> <runid>", "Tells whether a master is down; it never votes.", (*Commands).isMasterDown),
			prompt(sub("master", 3, "2.8.4", name, "Describes one master.", (*Commands).master)),
			sub("masters", 2, "2.8.4", "", "Describes all masters.", (*Commands).masters),
			forAll(always, sub("monitor", 6, "2.8.4", "<name> <ip> <port> <quorum>", "Is refused: labels on pods declare masters.", (*Commands).monitor)),
			prompt(sub("myid", 2, "6.2.0", "", "Tells the id of this replica of the service.", (*Commands).myID)),
			sub("pending-scripts", 2, "2.8.4", "", "Lists no scripts.", (*Commands).pendingScripts),
			forAll(always, sub("remove", 3, "2.8.4", name, "Stops managing a master until its label changes or a RESET.", (*Commands).removeMaster)),
			prompt(sub("replicas", 3, "5.0.0", name, "Describes the replicas of a master.", (*Commands).replicas)),
			forAll(always, sub("reset", 3, "2.8.4", "<pattern>", "Learns the masters anew that match, removed ones too.", (*Commands).resetMasters)),
			prompt(sub("sentinels", 3, "2.8.4", name, "Describes the other replicas of the service.", (*Commands).sentinels)),
			forAll(always, sub("set", -5, "2.8.4", name+" <option> <value> [...]", "Changes options over the annotations, on every replica of the service.", (*Commands).setMaster)),
			forAll(unlessFirst("HELP"), sub("simulate-failure", -3, "3.2.0", "<crash-after-election|crash-after-promotion|help> [...]", "Ends the leader's process at that point, if debugging is enabled.", (*Commands).simulateFailure)),
			deprecated("5.0.0", "`SENTINEL REPLICAS`", alias("replicas", prompt(sub("slaves", 3, "2.8.0", name, "Describes the replicas of a master.", (*Commands).replicas)))),

			// Ours alone, and in nobody's way.
			hidden(sub("why", 3, "7.0.0", name, "Tells the last decision, and what stands in the way of one.", (*Commands).why)),

			// Valkey's names.
			hidden(alias("master", prompt(sub("primary", 3, "2.8.4", name, "Describes one master.", (*Commands).master)))),
			hidden(alias("masters", sub("primaries", 2, "2.8.4", "", "Describes all masters.", (*Commands).masters))),
			hidden(alias("get-master-addr-by-name", prompt(sub("get-primary-addr-by-name", 3, "2.8.4", name, "Tells the address of the current master.", (*Commands).masterAddr)))),
			hidden(alias("is-master-down-by-addr", sub("is-primary-down-by-addr", 6, "2.8.4", "<ip> <port> <epoch> <runid>", "Tells whether a master is down.", (*Commands).isMasterDown))),
		},
	}
}
