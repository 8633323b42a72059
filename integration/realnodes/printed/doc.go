// Package printed runs what the documents tell people to type, as it is printed.
//
// Helm's notes (notes.go) are taken from a real installation, and every command of them is
// run by a shell, with what the text around it promises: the master's address, the key that
// outlives its master. The READMEs (markdown.go) are run where a person with a cluster
// would, and what is not run there is on a list with the reason: a new command that is
// neither fails the test.
package printed
