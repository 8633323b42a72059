// Package e2e proves the main promise on real things: the chart, installed with
// Helm on a real API server, running real Redis processes and the real service,
// used by an unmodified Sentinel client while masters are killed, deleted and
// rolled.
//
// It has tests only, and helpers for them. It looks at the system from outside:
// nothing here imports the service's own packages.
package e2e
