// Package release is the chart redis-cache installed on real nodes, as a person has it: who
// is master by the Lease, which pods there are, the process behind a container, and pods
// that put load on the set (package load), one on each node.
//
// It is used by the tests on real nodes and by the command cluster. It waits, looks, and gives
// the orders that a person gives; it judges nothing.
package release
