// Command radix writes through radix and reads from its secondaries. Each call has a
// deadline: without one radix waits for ever for a connection to a node that is gone.
package main
