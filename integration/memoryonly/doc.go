// Package memoryonly shows that nothing comes back from a disk in a set that keeps nothing on
// one: in every version of Redis and Valkey, whatever ended the processes at whatever moment.
// `make memory-only` plays all of it, here on the demo's cluster and in realnodes/memoryonly
// on real nodes; `make test` a part.
//
// Each round writes a key, lets both replicas take a full copy with it, deletes it, and ends
// all processes: at once, one after the other within a second, in the middle of a full sync,
// or with their nodes. The deleted key must be nowhere afterwards, and where the set has lost
// its data that is told, in Event, log, metric and SENTINEL WHY, and waits for a person who
// wants to be asked. While all is well the folder of every server is empty.
//
// It knows nothing of how the service decides.
package memoryonly
