// Package ipv6 runs a set whose pods have IPv6 addresses, in a network namespace of its own:
// replies and events have one spelling, that of a real redis-sentinel beside it, and the
// set fails over.
package ipv6
