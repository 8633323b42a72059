// Package certs keeps TLS certificates that are exchanged on disk while the program
// runs, as Kubernetes does with a mounted Secret: connections made after Reload use
// the new ones, older connections go on.
//
// It must not know what is said over the connections.
package certs
