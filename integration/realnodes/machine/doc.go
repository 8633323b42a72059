// Package machine makes computers out of namespaces: each machine has network, mounts,
// processes, cgroups and a host name of its own, a cable to a switch, and a folder that
// survives its end as a disk does. A machine can be booted, unplugged, plugged in again
// and killed; programs are started in it by its first process (init.go).
//
// The program that makes them runs in namespaces of its own, too (Inside): its switch,
// its routes and its mounts are seen by nobody else, and the kernel takes all of them
// back when its first process ends, however it ends. What namespaces do not hold, the
// folder and the cgroups, is removed by a janitor that outlives the program (janitor.go).
//
//	outer program --- waits, and tells the janitor by its end
//	  janitor         removes cgroups and folder
//	  world           process 1 in namespaces of its own
//	    program       once more, inside: the switch, a control plane, the tests
//	    machine n1    process 1 of a machine: containerd, kubelet, kube-proxy
//	    machine n2 ...
//
// It needs root and cgroup v1. It knows nothing of Kubernetes.
package machine
