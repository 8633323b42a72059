package service

import (
	"io"
	"net"
	"os"
	"syscall"
)

// newEcho returns one end of a socket at whose other end all is sent back, until it is
// closed. It is known to nobody but this process.
func newEcho() (io.ReadWriteCloser, error) {
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	ours, err := endOf(ends[0])
	if err != nil {
		_ = syscall.Close(ends[1])
		return nil, err
	}
	other, err := endOf(ends[1])
	if err != nil {
		_ = ours.Close()
		return nil, err
	}
	go func() {
		defer other.Close()
		_, _ = io.Copy(other, other)
	}()
	return ours, nil
}

// endOf makes a connection of a descriptor, so that a read of it waits as one of any other
// connection does.
func endOf(descriptor int) (net.Conn, error) {
	file := os.NewFile(uintptr(descriptor), "echo")
	defer file.Close()
	return net.FileConn(file)
}
