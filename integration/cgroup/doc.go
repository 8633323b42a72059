// Package cgroup gives a process the limits that a container has: its kernel kills
// what takes more memory, and holds up what takes more of the processor.
//
// It needs root and cgroup v1. It knows nothing of Redis or of the service.
package cgroup
