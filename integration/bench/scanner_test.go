package main

import "testing"

// TestScanner feeds replies in pieces of every size: the count must not depend on it.
func TestScanner(t *testing.T) {
	const stream = "+PONG\r\n*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n$-1\r\n*-1\r\n_\r\n*0\r\n:7\r\n" +
		"*2\r\n%1\r\n$2\r\n\r\n\r\n$0\r\n\r\n*1\r\n~1\r\n,1.5\r\n>3\r\n$1\r\na\r\n#t\r\n=5\r\ntxt:a\r\n"
	const want = 9
	for size := 1; size <= len(stream); size++ {
		var s scanner
		got := 0
		for rest := []byte(stream); len(rest) > 0; {
			n := min(size, len(rest))
			replies, err := s.feed(rest[:n])
			if err != nil {
				t.Fatalf("pieces of %d: %v", size, err)
			}
			got, rest = got+replies, rest[n:]
		}
		if got != want || s.open != 0 {
			t.Errorf("pieces of %d: %d replies and %d values open, want %d and 0", size, got, s.open, want)
		}
	}
}

func TestScannerRefuses(t *testing.T) {
	for _, stream := range []string{"-ERR no\r\n", "+PONG\n", "?\r\n", "$x\r\n", "\r\n"} {
		var s scanner
		if n, err := s.feed([]byte(stream)); err == nil {
			t.Errorf("%q: %d replies and no error", stream, n)
		}
	}
}
