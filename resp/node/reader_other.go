//go:build !unix

package node

import "net"

// reader gives the pieces that come.
func reader(from net.Conn) func() (piece, error) { return kept(from) }
