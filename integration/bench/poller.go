package main

import (
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"syscall"
)

// The client is one thread over epoll, as redis-benchmark is: a goroutine for each
// connection would cost as much as the server that is measured.

type poller struct {
	fd     int
	events []syscall.EpollEvent
}

func newPoller() (*poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	return &poller{fd: fd, events: make([]syscall.EpollEvent, 512)}, nil
}

func (p *poller) close() { _ = syscall.Close(p.fd) }

// add watches a socket; number comes back with its events.
func (p *poller) add(fd, number int, events uint32) error {
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: events, Fd: int32(number)}))
}

// change is for a socket whose other events are wanted from now on.
func (p *poller) change(fd, number int, events uint32) error {
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_MOD, fd, &syscall.EpollEvent{Events: events, Fd: int32(number)}))
}

// wait returns what happened within so many milliseconds.
func (p *poller) wait(ms int) ([]syscall.EpollEvent, error) {
	n, err := syscall.EpollWait(p.fd, p.events, ms)
	if err == syscall.EINTR {
		return nil, nil
	}
	return p.events[:max(n, 0)], os.NewSyscallError("epoll_wait", err)
}

// sources counts the addresses that sourceIP gave.
var sources atomic.Uint32

// bindAddressNoPort is IP_BIND_ADDRESS_NO_PORT: the port is chosen by connect.
const bindAddressNoPort = 24

// perSource is how many connections come from one address. With more the kernel spends
// its time on the search for a free port.
const perSource = 2000

// sourceIP is an address to connect from. Each run has another one: its ports are not
// those that older connections have left in TIME_WAIT.
func sourceIP() net.IP {
	n := sources.Add(1)
	return net.IPv4(127, 254, byte(n/250), byte(1+n%250))
}

// dial begins to connect.
func dial(from net.IP, to *net.TCPAddr) (fd int, err error) {
	fd, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, bindAddressNoPort, 1)
	if err = syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte(from.To4())}); err == nil {
		err = syscall.Connect(fd, &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())})
	}
	if err != nil && err != syscall.EINPROGRESS {
		_ = syscall.Close(fd)
		return 0, fmt.Errorf("connect %s from %s: %w", to, from, err)
	}
	return fd, nil
}
