// Package layers holds the test of the repository's architecture: which package
// may import which. It has no code of its own.
package layers
