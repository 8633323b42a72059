package machine

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// Switch connects machines with each other and with the program, which has an address on
// it, too. It exists in the namespace of the program alone.
type Switch struct {
	bridge  netlink.Link
	address netip.Prefix
}

// NewSwitch makes the switch and gives the program its address there.
func NewSwitch(address netip.Prefix) (*Switch, error) {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "switch"
	bridge := &netlink.Bridge{LinkAttrs: attrs}
	if err := netlink.LinkAdd(bridge); err != nil {
		return nil, fmt.Errorf("switch: %w", err)
	}
	if err := addAddress(bridge, address); err != nil {
		return nil, err
	}
	return &Switch{bridge: bridge, address: address}, netlink.LinkSetUp(bridge)
}

// Remove takes the switch away, and with it its address and its routes.
func (s *Switch) Remove() error { return netlink.LinkDel(s.bridge) }

// Route sends what the program has for a network to a machine.
func (s *Switch) Route(network netip.Prefix, via netip.Addr) error { return addRoute(network, via) }

// plug lays a cable from the switch into the network namespace of a process.
func (s *Switch) plug(name string, pid int) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	attrs.MasterIndex = s.bridge.Attrs().Index
	cable := &netlink.Veth{LinkAttrs: attrs, PeerName: cardName, PeerNamespace: netlink.NsPid(pid)}
	if err := netlink.LinkAdd(cable); err != nil {
		return fmt.Errorf("cable of %s: %w", name, err)
	}
	return netlink.LinkSetUp(cable)
}

// setCable connects a machine's cable, or cuts it: nothing passes either way, and nobody
// is told.
func setCable(name string, connected bool) error {
	cable, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	if connected {
		return netlink.LinkSetUp(cable)
	}
	return netlink.LinkSetDown(cable)
}

// pull takes a cable away, if it did not go with its machine.
func pull(name string) error {
	cable, err := netlink.LinkByName(name)
	if errors.As(err, &netlink.LinkNotFoundError{}) {
		return nil
	}
	if err != nil {
		return err
	}
	err = netlink.LinkDel(cable)
	if _, gone := netlink.LinkByName(name); errors.As(gone, &netlink.LinkNotFoundError{}) {
		return nil
	}
	return err
}

// cardName is what a machine calls its end of the cable.
const cardName = "eth0"

// configureCard is done by the machine itself.
func configureCard(plan Plan) error {
	if err := loopbackUp(); err != nil {
		return err
	}
	card, err := netlink.LinkByName(cardName)
	if err != nil {
		return err
	}
	if err := addAddress(card, plan.Address); err != nil {
		return err
	}
	if err := netlink.LinkSetUp(card); err != nil {
		return err
	}
	for network, via := range plan.Routes {
		if err := addRoute(network, via); err != nil {
			return err
		}
	}
	return nil
}

func addAddress(link netlink.Link, address netip.Prefix) error {
	return netlink.AddrAdd(link, &netlink.Addr{IPNet: ipNet(address)})
}

func addRoute(network netip.Prefix, via netip.Addr) error {
	err := netlink.RouteReplace(&netlink.Route{Dst: ipNet(network), Gw: via.AsSlice()})
	if err != nil {
		return fmt.Errorf("route to %s: %w", network, err)
	}
	return nil
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
