package sentinel

// Set is what Kubernetes says about one master: its StatefulSet and its pods.
type Set struct {
	// Master is the name that clients ask for.
	Master string
	// Owner is the StatefulSet that claims the name.
	Owner string
	// OwnerUID is its UID; empty where no such object is known.
	OwnerUID string
	// Rival is said of a set that another service manages: it is left alone. Empty for none.
	Rival string
	// Size is how many pods are wanted (spec.replicas).
	Size int
	// First is the ordinal of the first of them (spec.ordinals.start).
	First int
	// Config is read from the StatefulSet's annotations.
	Config Config
	// Pods are ordered by ordinal, then by name.
	Pods []Pod
}

// Pod is a Redis pod cut down to what a decision or a reply needs.
type Pod struct {
	Name    string
	UID     string
	Node    string
	Zone    string // of the node; empty where it is not known
	Ordinal int
	// Addr is the pod's IP and Redis port; zero until an IP is assigned.
	Addr Addr
	// Announce is what clients are told in place of Addr, unless it is zero.
	Announce Addr
	// ContainerID changes with every restart of the Redis container. The kubelet
	// reports it late: it confirms a restart, it never rules one out.
	ContainerID string
	// MemoryLimit is that of the Redis container in bytes, 0 without one.
	MemoryLimit int64
	// Waits is why the pod has no node, or the Redis container does not run, as the scheduler
	// or the kubelet says; empty while it runs. It explains, and decides nothing.
	Waits string
	Ready bool
	// Ended is true once the kubelet has told that all containers ended for good.
	Ended bool
	// Terminating is true once the pod has a deletionTimestamp.
	Terminating bool
	// Disrupted is true once the pod carries the condition DisruptionTarget,
	// which an eviction sets before the deletion.
	Disrupted bool
	// Cordoned is true while its node takes no more pods, as before a drain. It is known
	// only where nodes are watched.
	Cordoned bool
	// NodeSilent is true while the pod is not Ready for its node's sake: nothing is heard of
	// the kubelet, and when it was heard last all containers were ready. Redis may well live.
	NodeSilent bool
	// Outdated is true while the StatefulSet will replace the pod by one of a newer revision.
	Outdated bool
	// Role is the role label that the pod carries now.
	Role Role
}

// Doomed tells that the pod is about to go, so it must not stay or become master.
func (p Pod) Doomed() bool { return p.Terminating || p.Disrupted }

// Role is what an instance is, in the words of our labels.
type Role string

// The roles. The wire's word for a replica is another one: see package command.
const (
	RoleMaster  Role = "master"
	RoleReplica Role = "replica"
)

// Process names one Redis process. Mastership belongs to a process, never to a
// pod or an address: when any of these changes, the process is another one.
type Process struct {
	Pod         string `json:"pod"`
	UID         string `json:"uid"`
	ContainerID string `json:"containerID,omitempty"`
	RunID       string `json:"runID"`
	Addr        Addr   `json:"addr"`
	// Announce is what clients are told in place of Addr, unless it is zero.
	Announce Addr `json:"announce,omitzero"`
}

// Told is the address by which clients know the process. We and its replicas reach
// it at Addr.
func (p Process) Told() Addr {
	if p.Announce.IsZero() {
		return p.Addr
	}
	return p.Announce
}

// Same tells whether two processes are one. The container id is left out: the
// kubelet reports it later than the process itself reports its run id.
func (p Process) Same(q Process) bool { return p.UID == q.UID && p.RunID == q.RunID }
