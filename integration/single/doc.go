// Package single is one set of Redis with a monitor that leads, in the test's own
// process: the service without Kubernetes and without clients of its port. The record
// is a variable with compare-and-swap; the processes of Redis are real.
//
// It is for tests of what the service and Redis do to each other, such as those of
// other versions of Redis. It knows nothing of pods that come and go.
package single
