// Package node is a kubelet for tests and for the demo. It registers hand-made
// Nodes, watches the pods that are bound to them, and runs each container as a
// local process (or as a function of this program) on the pod's own loopback
// address, 127.<subnet>.<node+1>.<n>; with hostNetwork on the node's, 127.0.0.1.
//
// To the control plane it behaves as a kubelet: container restarts keep the pod's
// UID and address, init containers do not run again, native sidecars start first
// and end last, preStop and grace periods are kept, status arrives late (Lag), and
// the pod object disappears only when its processes have. Ends are noticed once a
// second, and a container that ends again soon after its restart rests for 10 s, 20 s
// and so on, in CrashLoopBackOff (Restarts). To tests it gives what a cluster does
// not: the process behind a container, and nodes that can be lost.
//
// A kubelet is a little slower still: it takes a moment to make a container, and may
// add up to half of a back-off to it by chance. It also says Terminated for a while
// before it says CrashLoopBackOff.
//
// What it has not: isolation. There is no mount namespace, so a volume is a folder
// on this computer and its mount path is replaced wherever it occurs in command,
// arguments and environment; there is no cgroup, so limits bind nobody; there is
// no DNS and no Service proxy (Endpoints cannot even hold loopback addresses).
//
// It works on a kubernetes.Interface and so on client-go's fake clientset too.
// There it must be started before the first pod is made, because the fake's watch
// does not report what happened before it. It knows nothing of Redis or Sentinel
// but the names of images (images.go).
package node
