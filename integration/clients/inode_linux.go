package clients

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"syscall"
)

// What sock_diag(7) calls these, and where they lie in its messages.
const (
	sockDiagByFamily = 20
	netlinkSockDiag  = 4
	requestSize      = syscall.NLMSG_HDRLEN + 56
	sourceAt         = syscall.NLMSG_HDRLEN + 8 // of the socket's id: ports, addresses
	inodeAt          = syscall.NLMSG_HDRLEN + 4 + 48 + 16
)

var errNoSocket = errors.New("the kernel tells of no such socket")

// inodeOf asks the kernel for the socket that is bound to own and connected to other.
// The table in /proc/net/tcp says the same, but is long where thousands are connected,
// and printed in pieces between which lines get lost.
func inodeOf(own, other *net.TCPAddr) (uint32, error) {
	from, to := own.IP.To4(), other.IP.To4()
	if from == nil || to == nil {
		return 0, errNoSocket
	}
	socket, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, netlinkSockDiag)
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	defer syscall.Close(socket)
	request := make([]byte, requestSize)
	native := binary.NativeEndian
	native.PutUint32(request[0:], requestSize)
	native.PutUint16(request[4:], sockDiagByFamily)
	native.PutUint16(request[6:], syscall.NLM_F_REQUEST)
	request[syscall.NLMSG_HDRLEN], request[syscall.NLMSG_HDRLEN+1] = syscall.AF_INET, syscall.IPPROTO_TCP
	native.PutUint32(request[syscall.NLMSG_HDRLEN+4:], ^uint32(0)) // in any state
	id := request[sourceAt:]
	binary.BigEndian.PutUint16(id[0:], uint16(own.Port))
	binary.BigEndian.PutUint16(id[2:], uint16(other.Port))
	copy(id[4:], from)
	copy(id[20:], to)
	native.PutUint64(id[40:], ^uint64(0)) // whatever its cookie
	if err := syscall.Sendto(socket, request, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return 0, os.NewSyscallError("sendto", err)
	}
	reply := make([]byte, 4096)
	n, _, err := syscall.Recvfrom(socket, reply, 0)
	if err != nil {
		return 0, os.NewSyscallError("recvfrom", err)
	}
	if n < inodeAt+4 || native.Uint16(reply[4:]) != sockDiagByFamily {
		return 0, errNoSocket
	}
	return native.Uint32(reply[inodeAt:]), nil
}
