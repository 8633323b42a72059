// Package limits measures whether a set dies of its own replication: a master in a memory
// cgroup of the size of the container's limit, filled to maxmemory and written to as fast as
// it takes it, gives full syncs to replicas in cgroups of their own.
//
//	make limits
//
// Servers get the very arguments that the chart renders for the limit, but for the port and
// the folder. That folder is on a disk, as an emptyDir is: the pages of the file that a sync
// leaves there count for the cgroup. The kernel says who was killed.
//
// It needs root and the memory controller of cgroup v1. It knows nothing of the service:
// it gives the orders that the service would give (REPLICAOF) itself.
package limits
