package fleet

import (
	"time"

	"github.com/tidwall/redcon"
)

// What a real Sentinel needs beside what the service does: it publishes its presence
// at every server and listens there for others.

// publishTime is how long a subscriber may hold up whoever publishes.
const publishTime = time.Second

// subscribe confirms by itself, so that no message overtakes the confirmation.
func subscribe(c *conn, args []string, out []byte) []byte {
	for _, channel := range args[1:] {
		if c.channels == nil {
			c.channels = map[string]bool{}
		}
		c.channels[channel] = true
		out = redcon.AppendBulkString(redcon.AppendArray(out, 3), "subscribe")
		out = redcon.AppendInt(redcon.AppendBulkString(out, channel), int64(len(c.channels)))
	}
	c.send(out)
	return out[:0]
}

func publish(c *conn, args []string, out []byte) []byte {
	if len(args) != 3 {
		return redcon.AppendError(out, "ERR wrong number of arguments for 'publish' command")
	}
	message := redcon.AppendBulkString(redcon.AppendArray(nil, 3), "message")
	message = redcon.AppendBulkString(redcon.AppendBulkString(message, args[1]), args[2])
	receivers := 0
	for _, other := range c.p.conns {
		if other.channels[args[1]] {
			other.send(message)
			receivers++
		}
	}
	return redcon.AppendInt(out, int64(receivers))
}

// send writes at once; a client that cannot be written to is cut.
func (c *conn) send(b []byte) {
	_ = c.net.SetWriteDeadline(time.Now().Add(publishTime))
	if _, err := c.net.Write(b); err != nil {
		_ = c.net.Close()
	}
	_ = c.net.SetWriteDeadline(time.Time{})
}
