package realnodes

import (
	"fmt"
	"net/netip"
)

// The networks exist in namespaces of this program alone.
var (
	switchAddress = netip.MustParsePrefix("10.200.0.1/24") // this program's: the control plane
	allPods       = netip.MustParsePrefix("10.244.0.0/16")
)

// dnsAddress is the ClusterIP of CoreDNS, as in coredns.yaml.
const dnsAddress = "10.96.0.10"

// nodeAddress is that of the node with a number from 1.
func nodeAddress(n int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("10.200.0.%d", 10+n)) }

// podNetwork is where the pods of one node have their addresses.
func podNetwork(n int) netip.Prefix { return netip.MustParsePrefix(fmt.Sprintf("10.244.%d.0/24", n)) }

// routes lead from one node to the pods of the others. The default route leads nowhere:
// kubelet and kube-proxy look for one to learn the node's address.
func routes(self, nodes int) map[netip.Prefix]netip.Addr {
	all := map[netip.Prefix]netip.Addr{netip.MustParsePrefix("0.0.0.0/0"): switchAddress.Addr()}
	for n := 1; n <= nodes; n++ {
		if n != self {
			all[podNetwork(n)] = nodeAddress(n)
		}
	}
	return all
}
