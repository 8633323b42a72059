// Package sentinel is the model of a monitored Redis set and all decisions about
// it. It is pure: values in, values out. A Machine takes observations and gives
// orders back; it has no clock, no socket, no goroutine, and knows neither
// Kubernetes nor the wire. It imports the standard library only.
//
// # The problem
//
// A Redis without persistence that crashes on Kubernetes is restarted by the
// kubelet within about a second: same pod, same address, no data. Whoever takes
// an address for a master now lets the empty process be one, and its replicas
// copy the emptiness. Being quicker than the kubelet is a race; this package does
// not run it.
//
// # Three rules that hold at any speed
//
//  1. Every Redis boots as a replica of Nowhere (127.0.0.1:1, on its command
//     line). It refuses writers, and refuses replicas that try to sync from it.
//     Only a Promote order ends that.
//  2. A master is a Process: pod UID and run id. An empty successor at the same
//     address is another process, and the master is lost in that moment. No
//     timeout is involved.
//  3. The Record decides, and it changes only by compare-and-swap. An order to
//     promote goes to the process that the record names as Target, on a
//     connection on which its run id was read; a restart breaks the connection.
//
// So between two of our steps nothing can happen that loses data by itself: the
// replicas keep theirs until something in the record says whom to copy.
//
// # Phases
//
//	(none) --first start--> Promoting --> Stable --planned--> Switching
//	                            ^            |                    |
//	                            +--- crash --+--- old one gone ---+
//	                                         ^                    |
//	                                         +------ undone ------+
//
// What a Machine that leads does next depends on the phase and on what it knows
// of the master's process (beginSomething):
//
//	no record                          first start: wait for the set, adopt or choose
//	Promoting                          promote the target, or the next best if it is gone
//	Switching                          go on if the old master was demoted, else go back
//	Stable, master gone                failover
//	Stable, master made a replica      failover, it is a candidate itself
//	Stable, its pod is about to go     switchover
//	Stable, failover asked for         switchover
//	Stable                             replicas follow, labels, lineage
//
// # A crash
//
// Freeze every replica that answers (they keep their data and their place in the
// stream, and their offsets stand still), read the record and the pods live,
// choose, commit Promoting with the target, promote, point the others at it,
// commit Stable. Subscribers hear +switch-master when queries give the new answer.
//
// # A planned switch
//
// Commit Switching with the target, pause the master's writes, wait until the
// target has all, make the master a replica, promote the target, commit Stable,
// then let the old one follow and cut its clients. Clients are cut last, because a
// client that is cut asks for the master at once and must hear of the new one.
// There is no moment with two masters, and no acknowledged write that the new one
// does not have.
//
// # Whom to choose
//
// Only a process whose replication id is of the master's lineage: offsets of
// different lineages cannot be compared, and an offset of 0 does not mean empty.
// Among these the rules in choose.go, each of which a Decision names.
//
// # What is not promised here
//
// A master that is merely silent is shown as s_down and is left alone: without
// proof that its process is gone, or a fence against its writes, a promotion
// could make two. If every process that held the data is gone, it is gone: the
// set begins empty (on-total-loss: accept) or waits for a person (manual). A pod
// object that was deleted by force counts as gone once its Redis does not answer,
// though the process may run on behind a cut network.
package sentinel
