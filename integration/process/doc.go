// Package process starts local processes that cannot outlive the program that
// started them: each gets a process group of its own, output files, and (on
// Linux) the kernel's order to kill it when its parent dies.
//
// The test control plane and the node agent run everything through it. It knows
// nothing of Kubernetes or Redis.
package process
