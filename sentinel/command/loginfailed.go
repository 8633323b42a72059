package command

import (
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/acl"
)

// heldMost answers are held back at a time. Beyond that whoever fails is cut off.
const heldMost = 256

// holdBack follows a login that failed: it is told in the log, and the answer waits the
// longer, the more have failed from the same source, until each attempt costs a connection
// as well. Nobody else waits: a session that has to wait has a goroutine of its own, and who
// knows the password is let in at once wherever it comes from.
func (c *Commands) holdBack(s *resp.Session, user []byte) {
	name := "(no such user)" // what people give in its place is a password now and then
	if c.users.Has(string(user)) {
		name = bounded(string(user))
	}
	c.audit.refused.write("login failed", logrus.Fields{"conn": s.Remote(), "user": name})
	wait := c.audit.failures.Add(s.Source(), c.options.Now())
	if wait <= 0 {
		return
	}
	if wait == acl.LongestWait { // nor is a pipeline worth to be waited through
		s.CloseAfterReply()
	}
	select {
	case c.audit.held <- struct{}{}:
		defer func() { <-c.audit.held }()
	default:
		s.CloseAfterReply()
		return
	}
	s.StepAside()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.Context().Done():
	}
}
