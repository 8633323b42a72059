// Package controlplane starts a real Kubernetes control plane for tests: etcd,
// kube-apiserver, kube-controller-manager and kube-scheduler, on free ports of
// 127.0.0.1 or of an address that real nodes reach, with RBAC on and service accounts working as they do in a cluster.
//
// The binaries come from build.sh (run "make tools"), built from the pinned
// modules in the folders kubernetes and etcd. There are no kubelets here: package
// integration/node imitates them, and integration/realnodes runs real ones. Nothing here knows Redis or Sentinel.
package controlplane
