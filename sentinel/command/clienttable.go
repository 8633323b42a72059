package command

import "github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"

type runner = func(*Commands, *resp.Session, [][]byte) resp.Reply

func clientTable() *entry {
	plain := func(name string, arity int, since, usage, summary string, run runner) *entry {
		return &entry{
			name: "client|" + name, arity: arity, flags: flagsScriptless, categories: slowConnection,
			group: "connection", since: since, usage: usage, summary: summary, run: run, keepsCaching: true,
		}
	}
	admin := func(name string, arity int, since, usage, summary string, run runner) *entry {
		e := plain(name, arity, since, usage, summary, run)
		e.flags, e.categories = flagsAdminLocal, append(slowAdmin[:3:3], "@connection")
		return e
	}
	forAll := func(e *entry) *entry {
		e.forAll = always
		return e
	}
	tipped := func(e *entry) *entry {
		e.tips = tipsUnstable
		return e
	}
	return &entry{
		name: "client", arity: -2, categories: slow, group: "connection", since: "2.4.0",
		summary: "Commands about connections.",
		subs: []*entry{
			plain("caching", 3, "6.0.0", "(YES|NO)", "Has the next command's keys tracked or not; there are none.", (*Commands).clientCaching),
			plain("getname", 2, "2.6.9", "", "Tells the name of this connection.", (*Commands).clientGetName),
			plain("getredir", 2, "6.0.0", "", "Tells where invalidations go: 0 here, -1 nowhere.", (*Commands).clientGetRedir),
			local("client|help", "connection", "5.0.0", slowConnection, (*Commands).clientHelp),
			plain("id", 2, "5.0.0", "", "Tells the number of this connection.", (*Commands).clientID),
			tipped(plain("info", 2, "6.2.0", "", "Describes this connection.", (*Commands).clientInfo)),
			forAll(admin("kill", -3, "2.4.0", "<ip:port> | <filter> <value> [...]", "Closes connections by ADDR, LADDR, ID, TYPE or USER.", (*Commands).clientKill)),
			tipped(admin("list", -2, "2.4.0", "[TYPE <type> | ID <id> ...]", "Describes all connections.", (*Commands).clientList)),
			admin("no-evict", 3, "7.0.0", "(ON|OFF)", "Marks this connection as not to be evicted.", (*Commands).clientNoEvict),
			forAll(admin("pause", -3, "2.9.50", "<milliseconds> [WRITE|ALL]", "Is accepted to no effect: one client may not stop the others.", (*Commands).clientPause)),
			plain("reply", 3, "3.2.0", "(ON|OFF|SKIP)", "Chooses whether commands are answered.", (*Commands).clientReply),
			plain("setinfo", 4, "7.2.0", "(LIB-NAME|LIB-VER) <value>", "Keeps what the client's library calls itself.", (*Commands).clientSetInfo),
			plain("setname", 3, "2.6.9", "<name>", "Names this connection.", (*Commands).clientSetName),
			plain("tracking", -3, "6.0.0", "(ON|OFF) [<option> ...]", "Is kept for TRACKINGINFO; nothing here is ever invalidated.", (*Commands).clientTracking),
			plain("trackinginfo", 2, "6.2.0", "", "Tells the tracking options of this connection.", (*Commands).clientTrackingInfo),
			forAll(admin("unblock", -3, "5.0.0", "<id> [TIMEOUT|ERROR]", "Finds no blocked connection.", (*Commands).clientUnblock)),
			forAll(admin("unpause", 2, "6.2.0", "", "Ends a pause; there is none.", (*Commands).clientUnpause)),
		},
	}
}

// local is a HELP entry.
func local(name, group, since string, categories []string, run runner) *entry {
	return &entry{
		name: name, arity: 2, flags: flagsLocal, categories: categories, group: group, since: since,
		summary: "Print this help.", run: run, keepsCaching: true,
	}
}
