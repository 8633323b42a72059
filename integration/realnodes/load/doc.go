// Package load is what clients of a set do while something happens to it, and what it cost
// them: numbered writes through an unmodified Sentinel client or through a Service, connections
// that ask a Sentinel once, and reads and writes of a few keys whose history can be checked.
//
// It runs in a pod (folder writer), as users' clients do, and is told what to do over HTTP
// (client.go). It knows Redis and Sentinel as go-redis does, and nothing of this project.
package load
