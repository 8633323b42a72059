//go:build !linux

package node

import "net"

// ends does nothing here: an end is noticed with the next command, a PING a second.
var ends watcher

type (
	watcher struct{}
	watch   struct{}
)

func (watcher) begin(net.Conn, func()) *watch { return nil }
func (watcher) end(*watch)                    {}
