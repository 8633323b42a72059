// Package loop is what the Go programs of the matrix have in common: they are told
// in the environment whom to connect to, write one value after the other through
// their library and say what came of each. The contract is in the package clients,
// two folders up.
package loop
