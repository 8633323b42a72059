package acl

import (
	"errors"
	"fmt"
)

// wording is an error in Redis's words, which clients show to people.
type wording string

// Error is the text as it is.
func (w wording) Error() string { return string(w) }

// What can be wrong with a rule.
const (
	errSyntax        = wording("Syntax error")
	errUnknown       = wording("Unknown command or category name in ACL")
	errAllKeys       = wording("Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns")
	errAllChannels   = wording("Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels")
	errNoPassword    = wording("The password you are trying to remove from the user does not exist")
	errHash          = wording("The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters")
	errFirstArgument = wording("Allowing first-arg of a subcommand is not supported")
)

// What this package refuses though Redis would take it.
const (
	errFirstArgumentHere = wording("first arguments are not supported here: allow the command as a whole")
	errSelectorHere      = wording("selectors are not supported here: a Sentinel has no keys, give the user all rules directly")
)

// ErrNoFile is told when there is no ACL file to load or save.
var ErrNoFile = errors.New("no ACL file is configured")

// RuleError is a rule that cannot be applied.
type RuleError struct {
	Rule string
	Err  error
}

// Error names the rule.
func (e *RuleError) Error() string { return fmt.Sprintf("%q: %v", e.Rule, e.Err) }

// Unwrap returns what is wrong with it.
func (e *RuleError) Unwrap() error { return e.Err }

// UnmatchedError is a selector without its end.
type UnmatchedError string

// Error is Redis's text.
func (e UnmatchedError) Error() string {
	return "Unmatched parenthesis in acl selector starting at '" + string(e) + "'."
}
