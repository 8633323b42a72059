// Package fleet is many modelled Redis servers in one process, to measure the
// service with more masters than a computer can run real Redis processes for, and
// the cluster around them: their StatefulSets and pods on the embedded API, and
// replicas of the service.
//
// A Server listens at a loopback address of its own and answers what the service
// sends. Of Redis it has what failovers depend on: replication ids and offsets,
// partial and full resyncs, min-replicas, transactions, connections that can be cut.
// It has no data but a number of keys, and no replication stream: a replica takes its
// master's state over after a moment. What it does is held against a real
// redis-server by TestConformance.
//
// It must not know how the service decides, and nothing in it may be kinder than
// Redis: a crash closes all connections and the port, what comes back is another
// process, empty and fenced.
package fleet
