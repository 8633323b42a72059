// Package acl holds users and what they may do, in the rules of Redis 7.0's ACL
// SETUSER and ACL files: who they are, how they authenticate, which commands they
// may run and which channels they may listen to.
//
// A User is a value that never changes; whoever changes it makes another one and
// puts it in its Account's place with one atomic store. So the check that every
// request goes through takes no lock, and a change holds for open connections from
// their next command on.
//
// It also keeps what was refused (Log) and who fails to log in (Failures), both bounded, so
// that nobody can flush the one or is unknown to the other.
//
// It must not know what a command does, nor Sentinel: which commands there are and
// in which categories is told by a Catalog. Selectors and first arguments
// ("(...)", "+ping|x") are refused: a Sentinel has no keys that would need them.
package acl
