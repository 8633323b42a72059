package command

import (
	"strings"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/acl"
)

// ping answers a RESP2 subscriber in the form of a message, as Redis does.
func (c *Commands) ping(s *resp.Session, args [][]byte) resp.Reply {
	if len(args) > 2 {
		return failf(errArity, "ping")
	}
	text := ""
	if len(args) == 2 {
		text = string(args[1])
	}
	switch {
	case s.Proto() == resp.RESP2 && s.Subscribed():
		return resp.Bulks(wordPong, text)
	case len(args) == 2:
		return resp.Bulk(text)
	}
	return resp.Simple(replyPong)
}

// hello applies its options from left to right and switches the protocol last.
func (c *Commands) hello(s *resp.Session, args [][]byte) resp.Reply {
	version, options := int64(s.Proto()), args[1:]
	if len(options) > 0 {
		var ok bool
		if version, ok = resp.ParseInteger(options[0]); !ok {
			return resp.Error(errProtoNumber)
		}
		if version != resp.RESP2 && version != resp.RESP3 {
			return resp.Error(errProtoVersion)
		}
		options = options[1:]
	}
	if refusal, ok := c.helloOptions(s, options); !ok {
		return refusal
	}
	if !s.Trusted() && !c.users.Initial().User().Open() {
		return resp.Error(errHelloNoAuth)
	}
	s.SetProto(int(version))
	return resp.Map(
		resp.Bulk("server"), resp.Bulk(serverRedis),
		resp.Bulk("version"), resp.Bulk(Version),
		resp.Bulk("proto"), resp.Integer(version),
		resp.Bulk("id"), resp.Integer(s.ID()),
		resp.Bulk("mode"), resp.Bulk(modeSentinel),
		resp.Bulk("modules"), resp.Array(),
	)
}

func (c *Commands) helloOptions(s *resp.Session, options [][]byte) (refusal resp.Reply, ok bool) {
	for len(options) > 0 {
		switch option := options[0]; {
		case is(option, "AUTH") && len(options) > 2:
			if !c.login(s, "HELLO", options[1], options[2]) {
				return resp.Error(errWrongPass), false
			}
			options = options[3:]
		case is(option, "SETNAME") && len(options) > 1:
			switch {
			case !isLabel(options[1]):
				return resp.Error(errClientName), false
			case len(options[1]) > maxLabel:
				return resp.Error(errLongClientName), false
			}
			s.SetName(string(options[1]))
			options = options[2:]
		default:
			return failf(errHelloOption, printable(option, len(option))), false
		}
	}
	return resp.None, true
}

func (c *Commands) auth(s *resp.Session, args [][]byte) resp.Reply {
	user, password := []byte(acl.Default), args[1]
	switch {
	case len(args) > 3:
		return resp.Error(errSyntax)
	case len(args) == 3:
		user, password = args[1], args[2]
	case c.users.Initial().User().NoPass():
		return resp.Error(errNoPassword)
	}
	if !c.login(s, "AUTH", user, password) {
		return resp.Error(errWrongPass)
	}
	return resp.OK
}

// login makes the session the user's if the password is right; by is the command
// that ACL LOG is to name. The session stays what it was if not.
func (c *Commands) login(s *resp.Session, by string, user, password []byte) bool {
	login, ok := c.users.Login(user, password)
	if !ok {
		c.deny(s, acl.ReasonAuth, by, string(user))
		c.holdBack(s, user)
		return false
	}
	before := stateOf(s).login
	s.SetIdentity(login)
	if !login.Holds() { // the user has just changed, and who enforced that may have looked before
		s.SetIdentity(before)
		return false
	}
	stateOf(s).login = login
	s.SetTrusted(true)
	return true
}

// quit says OK and closes; see DIVERGENCES.txt.
func (c *Commands) quit(s *resp.Session, _ [][]byte) resp.Reply {
	s.CloseAfterReply()
	return resp.OK
}

// reset makes the session as good as new; see DIVERGENCES.txt.
func (c *Commands) reset(s *resp.Session, _ [][]byte) resp.Reply {
	s.Silence()
	s.SetProto(resp.RESP2)
	s.SetName("")
	s.SetFlag(resp.FlagNoEvict|resp.FlagTracking, false)
	s.RepliesOn()
	c.Open(s)
	return resp.Simple(replyReset)
}

// is compares an option word without regard to case.
func is(arg []byte, word string) bool { return strings.EqualFold(string(arg), word) }

// maxLabel is the size of what a client may call itself, in bytes; Redis has no bound.
const maxLabel = 256

// isLabel tells whether a client may call itself so: printable ASCII, no blanks.
func isLabel(name []byte) bool {
	for _, c := range name {
		if c < '!' || c > '~' {
			return false
		}
	}
	return true
}
