package sentinel

import (
	"net"
	"net/netip"
	"strconv"
)

// Addr is where an instance is reached. Host is an IP or, where hostnames are
// announced, a name; it is spelled the same way in every reply and event.
type Addr struct {
	Host string `json:"host"`
	Port int    `json:"port"`
}

// Nowhere is the master that a fenced Redis follows: it refuses at once, so a
// Redis that follows it takes no writes and feeds no replica.
var Nowhere = Addr{Host: "127.0.0.1", Port: 1}

// String is host:port, with brackets around an IPv6 address.
func (a Addr) String() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }

// PortString is the port as the protocol sends it: in decimal.
func (a Addr) PortString() string { return strconv.Itoa(a.Port) }

// Spelled is a host as it is spelled everywhere: an IP address as netip and Redis write it, one
// of IPv4 within IPv6 as IPv4, and a name as it is.
func Spelled(host string) string {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if text := ip.Unmap().String(); text != host {
		return text
	}
	return host
}

// IsZero tells that no address is known yet.
func (a Addr) IsZero() bool { return a.Host == "" }
