// Package events is everything that happens to pods and nodes of a set, done for real, with
// writers whose gaps and losses are measured: make realnodes prints the table.
//
// An event (event.go) says what it does and what must hold afterwards; the stage (stage.go)
// has the set, puts the load on it and judges. What must hold fails a test: lost writes, a
// switch too many, a refused client. How long a gap may be is an aim that the table shows
// beside the figure: no test fails because a computer is slow.
package events
