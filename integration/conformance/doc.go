// Package conformance holds this service against a real redis-sentinel: the
// transcripts of testdata/wire run against both, and every answer must be the same,
// but for the differences that testdata/wire/DIVERGENCES.txt lists with a reason.
//
// What a transcript records always comes from the real one: `go test -rewrite` asks
// it again. It must not know how either of them works inside.
package conformance
