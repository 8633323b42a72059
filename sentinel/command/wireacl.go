package command

// Wording of users and rights; see wire.go.
const (
	errNoPermCommand = "NOPERM this user has no permissions to run the '%s' command"
	errNoPermChannel = "NOPERM this user has no permissions to access one of the channels used as arguments"

	// Ours: a Sentinel without a password obeys everybody.
	errProtected = "NOPERM '%s' is not for connections that have not logged in with a password: log in, " +
		"or connect from within the service's pod (kubectl port-forward), or start the service with --protected-mode=false"

	errACLModifier    = "ERR Error in ACL SETUSER modifier '%s': %s"
	errACLUserName    = "ERR Usernames can't contain spaces or null characters"
	errACLDefault     = "ERR The 'default' user cannot be removed"
	errACLCategory    = "ERR Unknown category '%s'"
	errACLGenPass     = "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096" //nolint:gosec // a text, no password
	errACLNoFile      = "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration."
	errACLSave        = "ERR There was an error trying to save the ACLs. Please check the server logs for more information"
	errACLOpen        = "ERR Error loading ACLs, opening file '%s': %s"
	errACLUnchanged   = "ERR %s WARNING: ACL errors detected, no change to the previously active ACL rules was performed"
	errACLUserMissing = "ERR User '%s' not found"
	errACLNoCommand   = "ERR Command '%s' not found"

	dryRunCommand = "This user has no permissions to run the '%s' command"
	dryRunChannel = "This user has no permissions to access the '%s' channel"

	contextTopLevel = "toplevel"
)
