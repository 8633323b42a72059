//go:build !linux

package resp

import (
	"errors"
	"net"
	"syscall"
)

// Elsewhere every session keeps its own goroutine.

var errNoPoller = errors.New("no poller on this system")

type pollSystem struct{}

func newPollSystem() (*pollSystem, error)  { return nil, errNoPoller }
func (*pollSystem) wait() ([]int64, error) { return nil, errNoPoller }
func (*pollSystem) add(int, int64) error   { return errNoPoller }
func (*pollSystem) remove(int)             {}
func (*pollSystem) close()                 {}
func bareFD(net.Conn) (int, error)         { return noFD, errNoPoller }
func rawOf(net.Conn) syscall.RawConn       { return nil }
func connOf(int) (net.Conn, error)         { return nil, errNoPoller }
func readNow(int, []byte) (int, error)     { return 0, errNoPoller }
func writeNow(int, []byte) (int, error)    { return 0, errNoPoller }
func closeFD(int)                          {}
func writeOnce(int, []byte) (int, error)   { return 0, errNoPoller }
func shutFD(int)                           {}
func shutReading(int)                      {}
