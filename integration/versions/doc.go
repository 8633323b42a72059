// Package versions runs a short form of the failover tests on other versions than the
// Redis 7.0 that everything else here uses: a crash with an empty restart at once,
// planned switches under writes, a frozen master with writes in its sockets, full syncs that
// come to no end, memory near its limit.
//
// The binaries are taken out of Python packages by install.sh, and out of Debian's by
// debian.sh, which also serves the images of integration/realnodes.
//
//	what                               6.0  6.2  7.0  8.0  Valkey 8.1  Valkey 9
//	born fenced (--replicaof)          yes  yes  yes  yes  yes         yes
//	crash: partial resync of survivors yes  yes  yes  yes  yes         yes
//	CLIENT PAUSE WRITE                 no   yes  yes  yes  yes         yes
//	SIGTERM waits for replicas         no   no   yes  yes  yes         yes
//	CONFIG SET of several at once      no   no   yes  yes  yes         yes
//	chooses its source address         no   no   yes  yes  yes         yes
//
// What follows from each no:
//
//   - Without PAUSE WRITE (6.0, which is not among these tests) no planned switch is
//     possible: it is given up and told, and the pod's end is then a crash. Use 6.2.
//   - Without the wait at SIGTERM the preStop hook alone keeps a planned end from
//     losing writes. The chart has it; a set of one's own needs one like it.
//   - CONFIG SET gets one setting a command, in one transaction, on every version.
//   - The source address matters where a server has several. In a pod it has one; the
//     tests let 6.2 announce its address instead.
//
// Redis 6.2 takes itself for a Sentinel if "redis-sentinel" occurs anywhere in the path
// that it is called by. Images call it redis-server.
package versions
