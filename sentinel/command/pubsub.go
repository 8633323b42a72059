package command

import "github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"

func (c *Commands) subscribe(s *resp.Session, args [][]byte) resp.Reply {
	reply := s.Subscribe(args[1:])
	endIfForbidden(s, listensTo, args)
	return reply
}

func (c *Commands) psubscribe(s *resp.Session, args [][]byte) resp.Reply {
	reply := s.PSubscribe(args[1:])
	endIfForbidden(s, matches, args)
	return reply
}

// endIfForbidden looks again when the subscription is there for all to see: rights that
// were taken away since permit looked found nothing to end yet.
func endIfForbidden(s *resp.Session, use channelUse, args [][]byte) {
	if _, ok := mayUse(stateOf(s).login.User(), use, args); !ok {
		s.CloseAfterReply()
	}
}

func (c *Commands) unsubscribe(s *resp.Session, args [][]byte) resp.Reply {
	s.Unsubscribe(args[1:])
	return resp.None
}

func (c *Commands) punsubscribe(s *resp.Session, args [][]byte) resp.Reply {
	s.PUnsubscribe(args[1:])
	return resp.None
}

// publish accepts hello messages and does nothing with them: a real Sentinel would
// learn peers, epochs and even masters from whoever can reach the port.
func (c *Commands) publish(_ *resp.Session, args [][]byte) resp.Reply {
	if string(args[1]) != channelHello {
		return resp.Error(errPublishChannel)
	}
	return resp.Integer(1)
}
