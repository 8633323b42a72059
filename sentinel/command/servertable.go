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
			group: "server", since: "1.0.0", summary: "Is refused: Kubernetes runs this service.", run: (*Commands).shutdown, forAll: always,
		},
		aclTable(),
	}
}
