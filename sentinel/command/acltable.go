package command

func aclTable() *entry {
	open := func(name string, arity int, usage, summary string, run runner) *entry {
		return &entry{
			name: "acl|" + name, arity: arity, flags: flagsScriptless, categories: slow,
			group: "server", since: "6.0.0", usage: usage, summary: summary, run: run,
		}
	}
	admin := func(name string, arity int, usage, summary string, run runner) *entry {
		e := open(name, arity, usage, summary, run)
		e.flags, e.categories, e.confidential = flagsAdminLocal, slowAdmin, true
		return e
	}
	forAll := func(which func([][]byte) bool, e *entry) *entry {
		e.forAll, e.secret = which, passwordRules
		return e
	}
	dryRun := admin("dryrun", -4, "<username> <command> [<arg> ...]", "Tells whether a user may run a command, without running it.", (*Commands).aclDryRun)
	dryRun.since = "7.0.0"
	return &entry{
		name: "acl", arity: -2, categories: slow, group: "server", since: "6.0.0", summary: "Commands about users.",
		subs: []*entry{
			open("cat", -2, "[<category>]", "Lists the categories, or the commands of one.", (*Commands).aclCat),
			forAll(always, admin("deluser", -3, "<username> [...]", "Removes users and closes their connections.", (*Commands).aclDelUser)),
			dryRun,
			open("genpass", -2, "[<bits>]", "Makes a random password of 256 or so many bits.", (*Commands).aclGenPass),
			admin("getuser", 3, "<username>", "Describes a user.", (*Commands).aclGetUser),
			local("acl|help", "server", "6.0.0", slow, (*Commands).aclHelp),
			admin("list", 2, "", "Lists the users with their rules.", (*Commands).aclList),
			forAll(always, admin("load", 2, "", "Reads the users from the ACL file again.", (*Commands).aclLoad)),
			forAll(ifFirst("RESET"), admin("log", -2, "[<count> | RESET]", "Tells what was refused last, or forgets it.", (*Commands).aclLog)),
			forAll(always, admin("save", 2, "", "Writes the users to the ACL file.", (*Commands).aclSave)),
			forAll(always, admin("setuser", -3, "<username> [<rule> ...]", "Makes or changes a user of this replica of the service.", (*Commands).aclSetUser)),
			admin("users", 2, "", "Lists the names of the users.", (*Commands).aclUsers),
			open("whoami", 2, "", "Tells who this connection is.", (*Commands).aclWhoAmI),
		},
	}
}
