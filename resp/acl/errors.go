package acl

import (
	"errors"
	"fmt"
)

// What can be wrong with a rule, in Redis's words: clients show them.
var (
	errSyntax        = errors.New("Syntax error")                                                                                                                                                            //nolint:staticcheck,revive // Redis's text
	errUnknown       = errors.New("Unknown command or category name in ACL")                                                                                                                                 //nolint:staticcheck,revive // Redis's text
	errAllKeys       = errors.New("Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns")         //nolint:staticcheck,revive // Redis's text
	errAllChannels   = errors.New("Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels") //nolint:staticcheck,revive // Redis's text
	errNoPassword    = errors.New("The password you are trying to remove from the user does not exist")                                                                                                      //nolint:staticcheck,revive // Redis's text
	errHash          = errors.New("The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters")                                                                       //nolint:staticcheck,revive // Redis's text
	errFirstArgument = errors.New("Allowing first-arg of a subcommand is not supported")                                                                                                                     //nolint:staticcheck,revive // Redis's text
)

// What this package refuses though Redis would take it.
var (
	errFirstArgumentHere = errors.New("first arguments are not supported here: allow the command as a whole")
	errSelectorHere      = errors.New("selectors are not supported here: a Sentinel has no keys, give the user all rules directly")
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
