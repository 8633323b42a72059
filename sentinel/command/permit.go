package command

import (
	"strings"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/acl"
)

// channelUse says which arguments of a command are channels.
type channelUse uint8

const (
	noChannels  channelUse = iota
	listensTo              // all are channels
	matches                // all are patterns
	publishesTo            // the first is one
)

// catalog is the table as ACL rules name it; each entry is told its place in it.
func (t *table) catalog() *acl.Catalog {
	commands := make([]acl.Command, len(t.all))
	for i, e := range t.all {
		commands[i] = acl.Command{Name: e.name, Categories: e.categories, Hidden: e.hidden, AliasOf: e.aliasOf}
		e.right = acl.Right(i)
	}
	return acl.NewCatalog(commands)
}

// permit checks the session's user as of now. It takes no lock while all is allowed.
func (c *Commands) permit(s *resp.Session, e *entry, args [][]byte) (refusal resp.Reply, ok bool) {
	user := stateOf(s).login.User()
	if !user.MayRun(e.right) {
		c.deny(s, acl.ReasonCommand, e.name, user.Name())
		return failf(errNoPermCommand, e.name), false
	}
	if e.guarded(args) && !c.isTrusted(s) {
		c.deny(s, acl.ReasonCommand, e.name, user.Name())
		return failf(errProtected, e.name), false
	}
	if channel, ok := mayUse(user, e.channel, args); !ok {
		c.deny(s, acl.ReasonChannel, channel, user.Name())
		return resp.Error(errNoPermChannel), false
	}
	return resp.None, true
}

// mayUse returns the first channel among a command's arguments that is not the user's.
func mayUse(user *acl.User, use channelUse, args [][]byte) (channel string, ok bool) {
	if use == noChannels {
		return "", true
	}
	args = args[1:]
	if use == publishesTo {
		args = args[:1]
	}
	may := user.MayUse
	if use == matches {
		may = user.MayMatch
	}
	for _, arg := range args {
		if !may(string(arg)) {
			return string(arg), false
		}
	}
	return "", true
}

// deny notes a refusal for ACL LOG.
func (c *Commands) deny(s *resp.Session, reason, object, user string) {
	c.denied.Add(acl.Refusal{
		Reason: reason, Object: object, User: user, Invented: !c.users.Has(user),
		At: c.options.Now(), Client: strings.TrimSuffix(clientLine(s.Describe()), "\n"),
	})
}

// Denied is how often a client was refused for one of the reasons of package acl.
func (c *Commands) Denied(reason string) uint64 { return c.denied.Count(reason) }

// LoadUsers reads Options.ACLFile. A file with a mistake changes nothing, and the
// error tells all mistakes; without a file there is nothing to do. Connections are closed
// of users who are gone or off, of those who came in with a password that is none any
// more, and those whose subscriptions are not allowed any more. All others go on, with
// the new rights, where Redis closes those of every user but default. It may be called at
// any time.
func (c *Commands) LoadUsers(server *resp.Server) error { return c.loadUsers(server, nil) }

// loadUsers does it for a session that gets its answer first, if there is one.
func (c *Commands) loadUsers(server *resp.Server, me *resp.Session) error {
	changes, err := c.users.Load(c.options.ACLFile)
	if err != nil {
		return err
	}
	for _, change := range changes {
		end(server, me, change, func(s *resp.Session) bool { return loginOf(s).Holds() && permits(change.After, s) })
	}
	return nil
}

// SetRequirePass changes the password of user default; connections stay.
func (c *Commands) SetRequirePass(password string) { c.users.SetPassword(password) }

// enforce closes the connections that a command's change forbids. As in Redis, those of a
// user who may not log in any more stay.
func enforce(server *resp.Server, me *resp.Session, change acl.Change) {
	end(server, me, change, func(s *resp.Session) bool { return permits(change.After, s) })
}

// end closes the connections of a user who has changed, but for those that may stay; me
// gets its answer first.
func end(server *resp.Server, me *resp.Session, change acl.Change, mayStay func(*resp.Session) bool) {
	for _, session := range server.Sessions() {
		if session.User() != change.Before.Name() || mayStay(session) {
			continue
		}
		if session == me {
			session.CloseAfterReply()
			continue
		}
		session.Kill()
	}
}

// loginOf is who a session is that has been opened. Safe from any goroutine.
func loginOf(s *resp.Session) *acl.Login { return s.Identity().(*acl.Login) }

// permits tells whether a session may stay connected: its user exists and may still
// use all channels that it has subscribed to.
func permits(user *acl.User, s *resp.Session) bool {
	if user == nil {
		return false
	}
	for _, channel := range s.Channels() {
		if !user.MayUse(channel) {
			return false
		}
	}
	for _, pattern := range s.Patterns() {
		if !user.MayMatch(pattern) {
			return false
		}
	}
	return true
}
