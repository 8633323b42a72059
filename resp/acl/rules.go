package acl

import (
	"slices"
	"strings"
)

// With returns the user after the rules of ACL SETUSER, applied from left to right.
// The error is a *RuleError or an UnmatchedError; no rule is applied then.
func (u *User) With(rules ...string) (*User, error) {
	if err := unmatched(rules); err != nil {
		return nil, err
	}
	changed := u.clone()
	for _, rule := range rules {
		if err := changed.apply(rule); err != nil {
			return nil, &RuleError{Rule: rule, Err: err}
		}
	}
	return changed, nil
}

// unmatched looks for a selector that does not end.
func unmatched(rules []string) error {
	open := ""
	for _, rule := range rules {
		if open == "" && strings.HasPrefix(rule, "(") {
			open = rule
		}
		if open != "" && strings.HasSuffix(rule, ")") {
			open = ""
		}
	}
	if open != "" {
		return UnmatchedError(open)
	}
	return nil
}

// apply changes u by one rule.
func (u *User) apply(rule string) error {
	if word, ok := words[strings.ToLower(rule)]; ok {
		word(u)
		return nil
	}
	if rule == "" {
		return nil
	}
	switch rest := rule[1:]; rule[0] {
	case '>':
		u.addPassword(hash([]byte(rest)))
	case '<':
		return u.removePassword(hash([]byte(rest)))
	case '#', '!':
		return u.hashed(rule[0], rest)
	case '~', '%':
		return u.addKeys(rule)
	case '&':
		return u.addChannels(rest)
	case '+', '-':
		return u.permit(strings.ToLower(rest), rule[0] == '+')
	case '(':
		return errSelectorHere
	default:
		return errSyntax
	}
	return nil
}

// words are the rules that are one word.
var words = map[string]func(*User){
	"on":                    func(u *User) { u.on = true },
	"off":                   func(u *User) { u.on = false },
	"nopass":                func(u *User) { u.noPass, u.passwords = true, nil },
	"resetpass":             (*User).resetPasswords,
	"allkeys":               (*User).allowKeys,
	"~*":                    (*User).allowKeys,
	"resetkeys":             func(u *User) { u.allKeys, u.keys = false, nil },
	"allchannels":           (*User).allowChannels,
	"&*":                    (*User).allowChannels,
	"resetchannels":         (*User).resetChannels,
	"allcommands":           func(u *User) { u.permitAll(true) },
	"+@all":                 func(u *User) { u.permitAll(true) },
	"nocommands":            func(u *User) { u.permitAll(false) },
	"-@all":                 func(u *User) { u.permitAll(false) },
	"sanitize-payload":      func(u *User) { u.sanitize = "sanitize-payload" },
	"skip-sanitize-payload": func(u *User) { u.sanitize = "skip-sanitize-payload" },
	"clearselectors":        func(*User) {},
	"reset": func(u *User) {
		u.on, u.sanitize, u.allKeys, u.keys = false, "sanitize-payload", false, nil
		u.resetPasswords()
		u.resetChannels()
		u.permitAll(false)
	},
}

func (u *User) allowKeys()      { u.allKeys, u.keys = true, nil }
func (u *User) allowChannels()  { u.allChannels, u.channels = true, nil }
func (u *User) resetChannels()  { u.allChannels, u.channels = false, nil }
func (u *User) resetPasswords() { u.noPass, u.passwords = false, nil }

func (u *User) addPassword(digest string) {
	u.noPass = false
	u.passwords = include(u.passwords, digest)
}

func (u *User) removePassword(digest string) error {
	at := slices.Index(u.passwords, digest)
	if at < 0 {
		return errNoPassword
	}
	u.passwords = slices.Delete(u.passwords, at, at+1)
	return nil
}

// hashed adds or removes a password given as its hash.
func (u *User) hashed(sign byte, digest string) error {
	if len(digest) != 64 || strings.Trim(digest, "0123456789abcdef") != "" {
		return errHash
	}
	if sign == '!' {
		return u.removePassword(digest)
	}
	u.addPassword(digest)
	return nil
}

// addKeys keeps a pattern of keys as Redis would tell it.
func (u *User) addKeys(rule string) error {
	if u.allKeys {
		return errAllKeys
	}
	access, pattern, found := strings.Cut(rule, "~")
	switch {
	case !found:
		return errSyntax
	case access == "":
	case strings.EqualFold(access, "%r"), strings.EqualFold(access, "%w"):
		pattern = strings.ToUpper(access) + "~" + pattern
		u.keys = include(u.keys, pattern)
		return nil
	case !strings.EqualFold(access, "%rw") && !strings.EqualFold(access, "%wr"):
		return errSyntax
	}
	u.keys = include(u.keys, "~"+pattern)
	return nil
}

func (u *User) addChannels(pattern string) error {
	if u.allChannels {
		return errAllChannels
	}
	u.channels = include(u.channels, pattern)
	return nil
}

// permit allows or forbids a command with its subcommands, one subcommand, or a
// category.
func (u *User) permit(name string, yes bool) error {
	if category, found := strings.CutPrefix(name, "@"); found {
		if !slices.Contains(Categories, category) {
			return errUnknown
		}
		u.set(u.catalog.members(category), yes)
		return nil
	}
	right, ok := u.catalog.Right(name)
	if !ok {
		return u.explain(name, yes)
	}
	u.set(u.catalog.family(right), yes)
	return nil
}

// explain says why a name is none of a command.
func (u *User) explain(name string, yes bool) error {
	container, rest, found := strings.Cut(name, "|")
	right, known := u.catalog.Right(container)
	sub, _, deeper := strings.Cut(rest, "|")
	_, knownSub := u.catalog.Right(container + "|" + sub)
	switch {
	case yes && deeper && knownSub:
		return errFirstArgument
	case yes && known && found && rest != "" && len(u.catalog.subs[right]) == 0:
		return errFirstArgumentHere
	}
	return errUnknown
}

func (u *User) permitAll(yes bool) {
	u.future = yes
	for i := range u.allowed {
		u.allowed[i] = yes
	}
}

func (u *User) set(rights []Right, yes bool) {
	for _, right := range rights {
		u.allowed[right] = yes
	}
}

func include(list []string, item string) []string {
	if slices.Contains(list, item) {
		return list
	}
	return append(list, item)
}
