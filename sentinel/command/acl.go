package command

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/acl"
)

func (c *Commands) aclWhoAmI(s *resp.Session, _ [][]byte) resp.Reply {
	return resp.Bulk(stateOf(s).login.Name())
}

func (c *Commands) aclUsers(*resp.Session, [][]byte) resp.Reply {
	var names []string
	for _, user := range c.users.All() {
		names = append(names, user.Name())
	}
	return resp.Bulks(names...)
}

func (c *Commands) aclList(*resp.Session, [][]byte) resp.Reply {
	var lines []string
	for _, user := range c.users.All() {
		lines = append(lines, user.String())
	}
	return resp.Bulks(lines...)
}

func (c *Commands) aclGetUser(_ *resp.Session, args [][]byte) resp.Reply {
	user := c.users.Find(string(args[2]))
	if user == nil {
		return resp.Null
	}
	return resp.Map(
		resp.Bulk("flags"), set(user.Flags(), resp.Bulk),
		resp.Bulk("passwords"), resp.Bulks(user.Passwords()...),
		resp.Bulk("commands"), resp.Bulk(user.Commands()),
		resp.Bulk("keys"), resp.Bulk(user.Keys()),
		resp.Bulk("channels"), resp.Bulk(user.Channels()),
		resp.Bulk("selectors"), resp.Array(),
	)
}

func (c *Commands) aclSetUser(s *resp.Session, args [][]byte) resp.Reply {
	name := string(args[2])
	if strings.ContainsAny(name, " \t\r\n\v\f\x00") {
		return resp.Error(errACLUserName)
	}
	rules := make([]string, len(args)-3)
	for i, arg := range args[3:] {
		rules[i] = string(arg)
	}
	change, err := c.users.Set(name, rules)
	var rule *acl.RuleError
	switch {
	case errors.As(err, &rule):
		return failf(errACLModifier, rule.Rule, rule.Err)
	case err != nil:
		return resp.Error("ERR " + err.Error())
	}
	enforce(s.Server(), s, change)
	return resp.OK
}

// aclDelUser counts the users that it found, and closes their connections.
func (c *Commands) aclDelUser(s *resp.Session, args [][]byte) resp.Reply {
	for _, name := range args[2:] {
		if string(name) == acl.Default {
			return resp.Error(errACLDefault)
		}
	}
	deleted := int64(0)
	for _, name := range args[2:] {
		if change, ok := c.users.Delete(string(name)); ok {
			enforce(s.Server(), s, change)
			deleted++
		}
	}
	return resp.Integer(deleted)
}

func (c *Commands) aclCat(_ *resp.Session, args [][]byte) resp.Reply {
	switch len(args) {
	case 2:
		return resp.Bulks(acl.Categories...)
	case 3:
		if names, ok := c.users.Catalog().In(string(args[2])); ok {
			return resp.Bulks(names...)
		}
		return failf(errACLCategory, printable(args[2], 128))
	}
	return failf(errUnknownSubArity, printable(args[1], 128), "ACL")
}

// aclGenPass makes a random password: a hexadecimal digit for each four bits.
func (c *Commands) aclGenPass(_ *resp.Session, args [][]byte) resp.Reply {
	bits := int64(256)
	switch len(args) {
	case 2:
	case 3:
		var ok bool
		if bits, ok = resp.ParseInteger(args[2]); !ok {
			return resp.Error(errNotInteger)
		}
		if bits <= 0 || bits > 4096 {
			return resp.Error(errACLGenPass)
		}
	default:
		return failf(errUnknownSubArity, printable(args[1], 128), "ACL")
	}
	digits := (bits + 3) / 4
	random := make([]byte, (digits+1)/2)
	if _, err := rand.Read(random); err != nil {
		panic(err) // crypto/rand never fails
	}
	return resp.Bulk(hex.EncodeToString(random)[:digits])
}

// aclDryRun tells what would come of a command, without running it.
func (c *Commands) aclDryRun(_ *resp.Session, args [][]byte) resp.Reply {
	user := c.users.Find(string(args[2]))
	if user == nil {
		return failf(errACLUserMissing, string(args[2]))
	}
	request := args[3:]
	e, refusal := c.table.find(request)
	switch {
	case e == nil && !strings.HasPrefix(refusal.Text(), "ERR wrong number"):
		return failf(errACLNoCommand, string(request[0]))
	case e == nil:
		return refusal
	case !e.beforeAuth && !user.MayRun(e.right):
		return resp.Bulk(strings.Replace(dryRunCommand, "%s", e.name, 1))
	}
	if channel, ok := mayUse(user, e.channel, request); !ok {
		return resp.Bulk(strings.Replace(dryRunChannel, "%s", channel, 1))
	}
	return resp.OK
}

func (c *Commands) aclLoad(s *resp.Session, _ [][]byte) resp.Reply {
	err := c.loadUsers(s.Server(), s)
	var path *fs.PathError
	switch {
	case err == nil:
		return resp.OK
	case errors.Is(err, acl.ErrNoFile):
		return resp.Error(errACLNoFile)
	case errors.As(err, &path):
		return failf(errACLOpen, path.Path, systemText(path.Err))
	}
	return failf(errACLUnchanged, strings.ReplaceAll(err.Error(), "\n", " "))
}

func (c *Commands) aclSave(*resp.Session, [][]byte) resp.Reply {
	switch err := c.users.Save(c.options.ACLFile); {
	case errors.Is(err, acl.ErrNoFile):
		return resp.Error(errACLNoFile)
	case err != nil:
		return resp.Error(errACLSave)
	}
	return resp.OK
}

// systemText is strerror's: it begins with a capital.
func systemText(err error) string {
	text := err.Error()
	if number := syscall.Errno(0); errors.As(err, &number) && text != "" {
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return text
}

// aclLog tells the last refusals, newest first.
func (c *Commands) aclLog(_ *resp.Session, args [][]byte) resp.Reply {
	count := int64(10)
	switch {
	case len(args) > 3:
		return failf(errUnknownSubArity, printable(args[1], 128), "ACL")
	case len(args) == 3 && is(args[2], "RESET"):
		c.denied.Reset()
		return resp.OK
	case len(args) == 3:
		var ok bool
		if count, ok = resp.ParseInteger(args[2]); !ok {
			return resp.Error(errNotInteger)
		}
	}
	var entries []resp.Reply
	for _, r := range c.denied.Last(int(min(count, 1<<20))) {
		entries = append(entries, resp.Map(
			resp.Bulk("count"), resp.Integer(int64(r.Count)),
			resp.Bulk("reason"), resp.Bulk(r.Reason),
			resp.Bulk("context"), resp.Bulk(contextTopLevel),
			resp.Bulk("object"), resp.Bulk(r.Object),
			resp.Bulk("username"), resp.Bulk(r.User),
			resp.Bulk("age-seconds"), resp.Double(c.options.Now().Sub(r.At).Seconds()),
			resp.Bulk("client-info"), resp.Bulk(r.Client),
		))
	}
	return resp.Array(entries...)
}

func (c *Commands) aclHelp(*resp.Session, [][]byte) resp.Reply { return c.help("acl") }
