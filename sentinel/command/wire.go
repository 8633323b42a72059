package command

import "github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"

// This file holds the wording of the protocol: Redis's error texts, field names
// and words, "slave" included. Clients compare them literally. Nothing here may be
// improved; what is ours rather than Redis's is marked.

// Version is the redis-sentinel whose surface is mirrored; HELLO and INFO tell it.
const Version = "7.0.15"

// Error texts.
const (
	errSyntax          = "ERR syntax error"
	errNotInteger      = "ERR value is not an integer or out of range"
	errUnknownCommand  = "ERR unknown command '%s', with args beginning with: %s"
	errUnknownSub      = "ERR unknown subcommand '%s'. Try %s HELP."
	errUnknownSubArity = "ERR unknown subcommand or wrong number of arguments for '%s'. Try %s HELP."
	errArity           = "ERR wrong number of arguments for '%s' command"
	errSubscriber      = "ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"

	errNoAuth         = "NOAUTH Authentication required."
	errHelloNoAuth    = "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"
	errWrongPass      = "WRONGPASS invalid username-password pair or user is disabled."
	errNoPassword     = "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?" //nolint:gosec // a text, no password
	errProtoVersion   = "NOPROTO unsupported protocol version"
	errProtoNumber    = "ERR Protocol version is not an integer or out of range"
	errHelloOption    = "ERR Syntax error in HELLO option '%s'"
	errPublishChannel = "ERR Only HELLO messages are accepted by Sentinel instances."

	errNoMaster       = "ERR No such master with that name"
	errInProgress     = "INPROG Failover already in progress"
	errNoGoodSlave    = "NOGOODSLAVE No suitable replica to promote"
	errFailoverOption = "ERR Unknown failover option specified"
	errConfigUsage    = "ERR Only SENTINEL CONFIG GET <option> / SET <option> <value> are supported."
	errConfigArgument = "ERR Invalid argument '%s' to SENTINEL CONFIG SET"
	errConfigTwice    = "ERR Duplicate argument '%s' to SENTINEL CONFIG SET"
	errConfigMissing  = "ERR Missing argument '%s' value"
	errConfigValue    = "ERR Invalid value '%s' to SENTINEL CONFIG SET '%s'"
	errDebugOption    = "ERR Unknown option or number of arguments for SENTINEL DEBUG '%s'"
	errDebugValue     = "ERR Invalid argument '%s' for SENTINEL DEBUG '%s'"
	errSaveConfig     = "ERR Failed to save config file. Check server logs."
	errScripts        = "ERR Reconfiguration of scripts path is denied for security reasons. Check the deny-scripts-reconfig configuration directive in your Sentinel configuration"
	errQuorumNumber   = "ERR Invalid quorum"
	errQuorumPositive = "ERR Quorum must be 1 or greater."
	errPort           = "ERR Invalid port"
	errPortRange      = "ERR Invalid port number."
	errHost           = "ERR Invalid IP address or hostname specified"
	errDuplicate      = "ERR Duplicate master name."
	errSimulation     = "ERR Unknown failure simulation specified"
	errSetValue       = "ERR Invalid argument '%s' for SENTINEL SET '%s'"
	errSetOption      = "ERR Unknown option or number of arguments for SENTINEL SET '%s'"

	quorumOK        = "OK %d usable Sentinels. Quorum and failover authorization can be reached"
	errQuorum       = "NOQUORUM %d usable Sentinels. %s"
	errNoQuorum     = "Not enough available Sentinels to reach the specified quorum for this master"
	errNoMajority   = "Not enough available Sentinels to reach the majority and authorize a failover"
	errQuorumJoiner = ". "

	errClientName       = "ERR Client names cannot contain spaces, newlines or special characters."
	errLibraryChars     = "ERR %s cannot contain spaces, newlines or special characters."
	errLibraryOption    = "ERR Unrecognized option '%s'"
	errClientType       = "ERR Unknown client type '%s'"
	errClientID         = "ERR Invalid client ID"
	errClientIDPositive = "ERR client-id should be greater than 0"
	errNoClient         = "ERR No such client"
	errNoUser           = "ERR No such user '%s'"
	errPauseMode        = "ERR CLIENT PAUSE mode must be WRITE or ALL"
	errPauseNumber      = "ERR timeout is not an integer or out of range"
	errPauseNegative    = "ERR timeout is negative"
	errUnblockReason    = "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"

	errCachingOff      = "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"
	errCachingYes      = "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."
	errCachingNo       = "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."
	errRedirectTwice   = "ERR A client can only redirect to a single other client"
	errRedirectMissing = "ERR The client ID you want redirect to does not exist"
	errPrefixNoBcast   = "ERR PREFIX option requires BCAST mode to be enabled"
	errPrefixOverlaps  = "ERR Prefix '%s' overlaps with %s prefix '%s'. Prefixes for a single client must not overlap."
	errBcastSwitch     = "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode."
	errBcastOpt        = "ERR OPTIN and OPTOUT are not compatible with BCAST"
	errBothOpt         = "ERR You can't specify both OPTIN mode and OPTOUT mode"
	errOptSwitch       = "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode."

	errInvalidCommand = "ERR Invalid command specified"
	errNoKeys         = "ERR The command has no key arguments"
)

// Error texts of ours, where a real Sentinel would do something that this service
// leaves to Kubernetes. They say what to do instead.
const (
	errMonitorHere  = "ERR masters are declared in Kubernetes: label the Redis pods redis-sentinel-k8s/master-name=<name>"
	errAuthHere     = "ERR auth-user and auth-pass are not set here: the service reads them from its environment, which a Secret fills"
	errRenameHere   = "ERR rename-command is not available here: the service needs the commands of Redis under their own names"
	errPeersHere    = "ERR sentinel-user and sentinel-pass are not set here: the replicas of the service do not log in to each other"
	errSimulateHere = "ERR SENTINEL SIMULATE-FAILURE is not available here: start the service with --enable-debug-commands"
	errShutdownHere = "ERR SHUTDOWN is not available here: scale the service in Kubernetes"
	errNoFailover   = "ERR SENTINEL FAILOVER is not available here"
)

// Error texts of ours, where Redis has no bound.
const (
	errManyPrefixes   = "ERR too many prefixes"
	errLongClientName = "ERR Client names cannot be longer than 256 bytes."
	errLongLibrary    = "ERR %s cannot be longer than 256 bytes."
)

// Words of instance rows (sentinel.c, addReplySentinelRedisInstance).
var (
	fieldName            = resp.NewField("name")
	fieldIP              = resp.NewField("ip")
	fieldPort            = resp.NewField("port")
	fieldRunID           = resp.NewField("runid")
	fieldFlags           = resp.NewField("flags")
	fieldPending         = resp.NewField("link-pending-commands")
	fieldRefCount        = resp.NewField("link-refcount")
	fieldFailoverState   = resp.NewField("failover-state")
	fieldPingSent        = resp.NewField("last-ping-sent")
	fieldPingOK          = resp.NewField("last-ok-ping-reply")
	fieldPingReply       = resp.NewField("last-ping-reply")
	fieldSDownTime       = resp.NewField("s-down-time")
	fieldODownTime       = resp.NewField("o-down-time")
	fieldDownAfter       = resp.NewField("down-after-milliseconds")
	fieldInfoRefresh     = resp.NewField("info-refresh")
	fieldRoleReported    = resp.NewField("role-reported")
	fieldRoleTime        = resp.NewField("role-reported-time")
	fieldConfigEpoch     = resp.NewField("config-epoch")
	fieldNumSlaves       = resp.NewField("num-slaves")
	fieldNumSentinels    = resp.NewField("num-other-sentinels")
	fieldQuorum          = resp.NewField("quorum")
	fieldFailoverTimeout = resp.NewField("failover-timeout")
	fieldParallelSyncs   = resp.NewField("parallel-syncs")
	fieldLinkDownTime    = resp.NewField("master-link-down-time")
	fieldLinkStatus      = resp.NewField("master-link-status")
	fieldMasterHost      = resp.NewField("master-host")
	fieldMasterPort      = resp.NewField("master-port")
	fieldPriority        = resp.NewField("slave-priority")
	fieldOffset          = resp.NewField("slave-repl-offset")
	fieldAnnounced       = resp.NewField("replica-announced")
	fieldLastHello       = resp.NewField("last-hello-message")
	fieldVotedLeader     = resp.NewField("voted-leader")
	fieldVotedEpoch      = resp.NewField("voted-leader-epoch")
)

// Values of fields.
const (
	linkOK  = "ok"
	linkErr = "err"
	unknown = "?"
	nobody  = "*"
)

// Flag words, and roles as the wire names them.
const (
	flagSDown        = "s_down"
	flagODown        = "o_down"
	flagMaster       = "master"
	flagSlave        = "slave"
	flagSentinel     = "sentinel"
	flagDisconnected = "disconnected"
	flagFailover     = "failover_in_progress"
	flagPromoted     = "promoted"
	flagForced       = "force_failover"
)

// Words of single replies.
const (
	replyPong    = "PONG"
	replyReset   = "RESET"
	wordPong     = "pong"
	channelHello = "__sentinel__:hello"
	modeSentinel = "sentinel"
	serverRedis  = "redis"
	statusOK     = "ok"
	statusSDown  = "sdown"
	statusODown  = "odown"
	helpHeader   = "%s <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
	helpIndent   = "    "
)
