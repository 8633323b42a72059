package node

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostShown is what is kept of a name, or told of an error, in bytes: no host has a longer
// name. Who answers says what he likes, and it gets into logs, Events and records.
const mostShown = 256

// shown is a text that fits there, with a ? for each byte that is part of no letter, and for
// what would tell a terminal to do something.
func shown(text string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text[:min(len(text), mostShown)])
}

// brief is an error whose text fits; what it wraps stays.
type brief struct{ error }

func (b brief) Error() string { return shown(b.error.Error()) }
func (b brief) Unwrap() error { return b.error }

// briefly is err with a text that fits.
func briefly(err error) error {
	if err == nil || shown(err.Error()) == err.Error() {
		return err
	}
	return brief{err}
}

// isID tells whether text is as Redis makes its run ids and replication ids: 40 hex digits.
func isID(text string) bool {
	return len(text) == 40 && strings.Trim(text, "0123456789abcdef") == ""
}
