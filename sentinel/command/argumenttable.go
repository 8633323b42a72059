package command

// documented are the arguments of each command that takes any, by its full name.
var documented = func() map[string][]argument {
	master := []argument{text("master-name")}
	onOff := func(name string) argument { return oneOf(name, word("on", "ON"), word("off", "OFF")) }
	kinds := []argument{word("normal", "NORMAL"), word("master", "MASTER")}
	return map[string][]argument{
		"ping":         {text("message").optional()},
		"auth":         {text("username").from("6.0.0").optional(), text("password")},
		"hello":        {block("arguments", number("protover"), block("username_password", text("username"), text("password")).after("AUTH").optional(), text("clientname").after("SETNAME").optional()).optional()},
		"subscribe":    {text("channel").multiple()},
		"unsubscribe":  {text("channel").optional().multiple()},
		"psubscribe":   {block("pattern", pattern).multiple()},
		"punsubscribe": {pattern.optional().multiple()},
		"publish":      {text("channel"), text("message")},
		"info":         {text("section").optional().multiple()},
		"shutdown": {
			oneOf("nosave_save", word("nosave", "NOSAVE"), word("save", "SAVE")).optional(),
			word("now", "NOW").from("7.0.0").optional(), word("force", "FORCE").from("7.0.0").optional(), word("abort", "ABORT").from("7.0.0").optional(),
		},

		"client|caching": {oneOf("mode", word("yes", "YES"), word("no", "NO"))},
		"client|kill": {oneOf(
			"filter",
			text("ip:port").until("2.8.12"),
			oneOf(
				"new-format",
				number("client-id").after("ID").from("2.8.12").optional(),
				oneOf(
					"normal_master_slave_pubsub",
					word("normal", "NORMAL"), word("master", "MASTER").from("3.2.0"), word("slave", "SLAVE"), word("replica", "REPLICA").from("5.0.0"), word("pubsub", "PUBSUB"),
				).after("TYPE").from("2.8.12").optional(),
				text("username").after("USER").optional(),
				text("ip:port").after("ADDR").optional(),
				text("ip:port").after("LADDR").from("6.2.0").optional(),
				text("yes/no").after("SKIPME").optional(),
			).multiple(),
		)},
		"client|list": {
			oneOf("normal_master_replica_pubsub", append(kinds, word("replica", "REPLICA"), word("pubsub", "PUBSUB"))...).after("TYPE").from("5.0.0").optional(),
			block("id", number("client-id").multiple()).after("ID").from("6.2.0").optional(),
		},
		"client|no-evict": {onOff("enabled")},
		"client|pause":    {number("timeout"), oneOf("mode", word("write", "WRITE"), word("all", "ALL")).from("6.2.0").optional()},
		"client|reply":    {oneOf("on_off_skip", word("on", "ON"), word("off", "OFF"), word("skip", "SKIP"))},
		"client|setinfo":  {oneOf("attr", text("libname").after("LIB-NAME"), text("libver").after("LIB-VER"))},
		"client|setname":  {text("connection-name")},
		"client|tracking": {
			onOff("status"),
			number("client-id").after("REDIRECT").optional(),
			text("prefix").after("PREFIX").optional().multiple().with("multiple_token"),
			word("bcast", "BCAST").optional(), word("optin", "OPTIN").optional(), word("optout", "OPTOUT").optional(), word("noloop", "NOLOOP").optional(),
		},
		"client|unblock": {number("client-id"), oneOf("timeout_error", word("timeout", "TIMEOUT"), word("error", "ERROR")).optional()},

		"command|docs": {text("command-name").optional().multiple()},
		"command|info": {text("command-name").optional().multiple()},
		"command|list": {oneOf("filterby", text("module-name").after("MODULE"), text("category").after("ACLCAT"), pattern.after("PATTERN")).after("FILTERBY").optional()},

		"acl|cat":     {text("categoryname").optional()},
		"acl|deluser": {text("username").multiple()},
		"acl|dryrun":  {text("username"), text("command"), text("arg").optional().multiple()},
		"acl|genpass": {number("bits").optional()},
		"acl|getuser": {text("username")},
		"acl|log":     {oneOf("operation", number("count"), word("reset", "RESET")).optional()},
		"acl|setuser": {text("username"), text("rule").optional().multiple()},

		"sentinel|ckquorum": master,
		"sentinel|config": {oneOf(
			"set_or_get",
			block("set_param_value", text("parameter"), text("value")).after("SET").multiple(),
			text("parameter").after("GET").multiple(),
		)},
		"sentinel|debug":                   {block("parameter_value", text("parameter"), text("value")).multiple()},
		"sentinel|failover":                master,
		"sentinel|get-master-addr-by-name": master,
		"sentinel|info-cache":              {text("nodename").multiple()},
		"sentinel|is-master-down-by-addr":  {text("ip"), number("port"), number("current-epoch"), text("runid")},
		"sentinel|master":                  master,
		"sentinel|monitor":                 {text("name"), text("ip"), number("port"), number("quorum")},
		"sentinel|remove":                  master,
		"sentinel|replicas":                master,
		"sentinel|reset":                   {pattern},
		"sentinel|sentinels":               master,
		"sentinel|set":                     {text("master-name"), block("option_value", text("option"), text("value")).multiple()},
		"sentinel|simulate-failure": {oneOf(
			"mode", word("crash-after-election", ""), word("crash-after-promotion", ""), word("help", ""),
		).optional().multiple()},
		"sentinel|slaves": master,
	}
}()
