// Package k8s is the only place that talks to the Kubernetes API.
//
// It turns informers into the model of package sentinel (Watch), keeps the one
// record per master in a Lease by compare-and-swap (Records), elects the replica
// of the service that acts (Leader) and has one that reaches Redis act (blind.go), writes the role labels that plain Services
// select by (Labels) and the endpoints of plain clients (endpoints), tells people with Kubernetes Events (Events), and says in
// words what the API refuses or why it is not reached (Health). Cluster wires
// them over the clients that Connect makes.
//
// What it must not know: how a master is chosen, what a Sentinel client asks, how
// Redis is spoken to. It decides nothing about mastership. The one rule that it
// owns is who may claim a master's name (claim.go).
//
// What is not promised: an informer may lag by any time, so a Set is a hint, not
// a proof. Before a promotion use Records.Get and Records.Pods, which read live,
// and commit with Records.Put. The leader Lease gives liveness only: two replicas
// of the service may believe to lead at once.
package k8s
