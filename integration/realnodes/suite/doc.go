// Package suite is what the tests on real nodes have in common: one cluster of three nodes
// for all tests of a package, in namespaces of its own, and what a person would look at
// after a failure.
package suite
