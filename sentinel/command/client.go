package command

import "github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"

func (c *Commands) clientID(s *resp.Session, _ [][]byte) resp.Reply { return resp.Integer(s.ID()) }

func (c *Commands) clientGetName(s *resp.Session, _ [][]byte) resp.Reply {
	if name := s.Name(); name != "" {
		return resp.Bulk(name)
	}
	return resp.Null
}

func (c *Commands) clientSetName(s *resp.Session, args [][]byte) resp.Reply {
	switch {
	case !isLabel(args[2]):
		return resp.Error(errClientName)
	case len(args[2]) > maxLabel:
		return resp.Error(errLongClientName)
	}
	s.SetName(string(args[2]))
	return resp.OK
}

func (c *Commands) clientSetInfo(s *resp.Session, args [][]byte) resp.Reply {
	option, value := string(args[2]), string(args[3])
	keep := s.SetLibrary
	switch {
	case is(args[2], "LIB-NAME"):
	case is(args[2], "LIB-VER"):
		keep = s.SetLibraryVersion
	default:
		return failf(errLibraryOption, option)
	}
	switch {
	case !isLabel(args[3]):
		return failf(errLibraryChars, option)
	case len(args[3]) > maxLabel:
		return failf(errLongLibrary, option)
	}
	keep(value)
	return resp.OK
}

func (c *Commands) clientReply(s *resp.Session, args [][]byte) resp.Reply {
	switch {
	case is(args[2], "ON"):
		s.RepliesOn()
		return resp.OK
	case is(args[2], "OFF"):
		s.RepliesOff()
	case is(args[2], "SKIP"):
		s.SkipReply()
	default:
		return resp.Error(errSyntax)
	}
	return resp.None
}

func (c *Commands) clientNoEvict(s *resp.Session, args [][]byte) resp.Reply {
	switch {
	case is(args[2], "ON"):
		s.SetFlag(resp.FlagNoEvict, true)
	case is(args[2], "OFF"):
		s.SetFlag(resp.FlagNoEvict, false)
	default:
		return resp.Error(errSyntax)
	}
	return resp.OK
}

// clientPause only checks its arguments: one client must not stop the others.
func (c *Commands) clientPause(_ *resp.Session, args [][]byte) resp.Reply {
	if len(args) > 4 {
		return failf(errUnknownSubArity, string(args[1]), "CLIENT")
	}
	if len(args) == 4 && !is(args[3], "WRITE") && !is(args[3], "ALL") {
		return resp.Error(errPauseMode)
	}
	timeout, ok := resp.ParseInteger(args[2])
	switch {
	case !ok:
		return resp.Error(errPauseNumber)
	case timeout < 0:
		return resp.Error(errPauseNegative)
	}
	return resp.OK
}

func (c *Commands) clientUnpause(*resp.Session, [][]byte) resp.Reply { return resp.OK }

// clientUnblock finds nobody: no command here blocks.
func (c *Commands) clientUnblock(_ *resp.Session, args [][]byte) resp.Reply {
	switch {
	case len(args) > 4:
		return failf(errUnknownSubArity, string(args[1]), "CLIENT")
	case len(args) == 4 && !is(args[3], "TIMEOUT") && !is(args[3], "ERROR"):
		return resp.Error(errUnblockReason)
	}
	if _, ok := resp.ParseInteger(args[2]); !ok {
		return resp.Error(errNotInteger)
	}
	return resp.Integer(0)
}
