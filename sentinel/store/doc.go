// Package store keeps the view: what this replica of the service would answer
// right now. Readers take immutable snapshots and never wait; one writer per
// master commits, and the events for subscribers fall out of each commit.
//
// It must not know how a view came about (Kubernetes, Redis, decisions) nor how
// it is told (the protocol).
package store
