package command

// Flags and categories that many commands share (facts of COMMAND INFO).
var (
	flagsLocal      = []string{"loading", "stale"}
	flagsScriptless = []string{"noscript", "loading", "stale"}
	flagsAdminLocal = []string{"admin", "noscript", "loading", "stale"}
	flagsPubSub     = []string{"pubsub", "noscript", "loading", "stale"}
	flagsLogin      = []string{"noscript", "loading", "stale", "fast", "no_auth", "allow_busy"}

	slow           = []string{"@slow"}
	slowAdmin      = []string{"@admin", "@slow", "@dangerous"}
	slowConnection = []string{"@slow", "@connection"}
	fastConnection = []string{"@fast", "@connection"}
	slowPubSub     = []string{"@pubsub", "@slow"}

	tipsAllShards = []string{"request_policy:all_shards", "response_policy:all_succeeded"}
	tipsUnstable  = []string{"nondeterministic_output"}
	tipsUnordered = []string{"nondeterministic_output_order"}
)

func connectionTable() []*entry {
	return []*entry{
		{
			name: "ping", arity: -1, flags: []string{"fast"}, categories: fastConnection, tips: tipsAllShards,
			group: "connection", since: "1.0.0", summary: "Answers PONG, or the given text.",
			run: (*Commands).ping, subscriber: true, prompt: true,
		},
		{
			name: "hello", arity: -1, flags: flagsLogin, categories: fastConnection,
			group: "connection", since: "6.0.0", summary: "Chooses the protocol version and may authenticate.",
			run: (*Commands).hello, beforeAuth: true,
		},
		{
			name: "auth", arity: -2, flags: flagsLogin, categories: fastConnection,
			group: "connection", since: "1.0.0", summary: "Authenticates the connection.",
			run: (*Commands).auth, beforeAuth: true,
		},
		{
			name: "quit", arity: -1, group: "connection", since: "1.0.0", summary: "Closes the connection.",
			run: (*Commands).quit, hidden: true, beforeAuth: true, subscriber: true,
		},
		{
			name: "reset", arity: 1, group: "connection", since: "6.2.0", summary: "Makes the connection as good as new.",
			run: (*Commands).reset, hidden: true, beforeAuth: true, subscriber: true,
		},
		{
			name: "subscribe", arity: -2, flags: flagsPubSub, categories: slowPubSub,
			group: "pubsub", since: "2.0.0", summary: "Listens to channels; each kind of event is a channel.",
			run: (*Commands).subscribe, subscriber: true, channel: listensTo,
		},
		{
			name: "unsubscribe", arity: -1, flags: flagsPubSub, categories: slowPubSub,
			group: "pubsub", since: "2.0.0", summary: "Stops listening to channels.",
			run: (*Commands).unsubscribe, subscriber: true,
		},
		{
			name: "psubscribe", arity: -2, flags: flagsPubSub, categories: slowPubSub,
			group: "pubsub", since: "2.0.0", summary: "Listens to all channels that match a pattern.",
			run: (*Commands).psubscribe, subscriber: true, channel: matches,
		},
		{
			name: "punsubscribe", arity: -1, flags: flagsPubSub, categories: slowPubSub,
			group: "pubsub", since: "2.0.0", summary: "Stops listening to patterns.",
			run: (*Commands).punsubscribe, subscriber: true,
		},
		{
			name: "publish", arity: 3, flags: []string{"pubsub", "loading", "stale", "fast"}, categories: []string{"@pubsub", "@fast"},
			group: "pubsub", since: "2.0.0", summary: "Takes hello messages of other Sentinels, to no effect.",
			run: (*Commands).publish, channel: publishesTo,
		},
	}
}
