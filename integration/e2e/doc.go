// Package e2e proves the main promise on real things: the chart, installed with
// Helm on a real API server, running real Redis processes and the real service,
// used by an unmodified Sentinel client while masters are killed, deleted and
// rolled.
//
// Containers that end are restarted as by a kubelet, with back-off. A test that wants
// another way tells the cluster so, and the reader why.
//
// What has to be broken in the middle of a failover is broken in the very moment: the
// API server asks the test before it writes the record (moments).
//
// It has tests only, and helpers for them. It looks at the system from outside:
// nothing here imports the service's own packages.
package e2e
