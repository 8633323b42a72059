package node

import "strings"

// mostShown is what is kept of a name, or told of an error, in bytes: no host has a longer
// name. Who answers says what he likes, and it gets into logs, Events and records.
const mostShown = 256

// shown is a text that fits there, cut at a letter's end.
func shown(text string) string {
	if len(text) <= mostShown {
		return text
	}
	return strings.ToValidUTF8(text[:mostShown], "")
}

// brief is an error whose text fits; what it wraps stays.
type brief struct{ error }

func (b brief) Error() string { return shown(b.error.Error()) }
func (b brief) Unwrap() error { return b.error }

// briefly is err with a text that fits.
func briefly(err error) error {
	if err == nil || len(err.Error()) <= mostShown {
		return err
	}
	return brief{err}
}

// isID tells whether text is as Redis makes its run ids and replication ids: 40 hex digits.
func isID(text string) bool {
	return len(text) == 40 && strings.Trim(text, "0123456789abcdef") == ""
}
