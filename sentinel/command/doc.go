// Package command answers Redis commands: a request and a snapshot of the store
// become a reply value. The surface is that of redis-sentinel 7.0.15, byte for
// byte; testdata/wire holds the transcripts and DIVERGENCES.txt the intended
// differences with their reasons. Extensions that change nothing for others are taken
// from later versions: CLIENT SETINFO, several options in SENTINEL CONFIG, its
// loglevel, FAILOVER COORDINATED, and Valkey's PRIMARY aliases.
//
// It must not know where a view comes from (Kubernetes, probes, decisions), nor
// sockets. It decides and keeps nothing: what a client wants changed is
// handed on (Options.Failover, Writer) and answered when it is done.
//
// # Order of checks
//
// As in Redis's processCommand: unknown command or subcommand, arity, NOAUTH, the
// user's rights (permit.go) and whether one has logged in (protect.go), the restriction of RESP2 subscribers, and only then the
// command itself. Clients probe with commands that do not exist and depend on that
// order. The check of rights takes no lock: see package resp/acl.
//
// # Where things are
//
// Every word that goes over the wire is in a wire*.go file, every command with its arity in
// a *table.go file, and each group of commands in a file of its own.
package command
