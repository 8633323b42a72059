package sentinel

import (
	"net"
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

// IsZero tells that no address is known yet.
func (a Addr) IsZero() bool { return a.Host == "" }
