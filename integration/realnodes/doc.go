// Package realnodes is a Kubernetes cluster of real nodes on one computer: the control
// plane of package controlplane, and machines (package machine) on which containerd and
// runc run containers, a kubelet watches over them, kube-proxy serves Services, and CoreDNS
// answers for names. What imitated nodes cannot show is seen here: memory limits,
// CrashLoopBackOff, the pace of endpoints, a kubelet that is silent.
//
// The chart and its images are used on it as they are (package image builds the latter);
// package events tries them with everything that happens to nodes and pods. Nothing here
// knows Redis or Sentinel.
package realnodes
