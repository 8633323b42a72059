// Package ends tells when the other side has ended a connection, in the moment it
// happens and without reading from it. The kernel is asked for that alone, so a watched
// connection costs no goroutine and no wake-up while it lives.
//
// It must not know what the connections are for, nor touch what arrives on them.
package ends
