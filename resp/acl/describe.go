package acl

import "strings"

// String is the user's line in ACL LIST and in an ACL file.
func (u *User) String() string {
	words := append([]string{"user", u.name}, u.Flags()...)
	for _, digest := range u.passwords {
		words = append(words, "#"+digest)
	}
	if keys := u.Keys(); keys != "" {
		words = append(words, keys)
	}
	if !u.allChannels {
		words = append(words, "resetchannels")
	}
	if channels := u.Channels(); channels != "" {
		words = append(words, channels)
	}
	return strings.Join(append(words, u.Commands()), " ")
}

// Flags are the words on or off, nopass and those of sanitize-payload.
func (u *User) Flags() []string {
	flags := []string{"off"}
	if u.on {
		flags[0] = "on"
	}
	if u.noPass {
		flags = append(flags, "nopass")
	}
	if u.sanitize != "" {
		flags = append(flags, u.sanitize)
	}
	return flags
}

// Passwords are the hashes of the user's passwords.
func (u *User) Passwords() []string { return append([]string{}, u.passwords...) }

// Keys are the patterns of keys as rules.
func (u *User) Keys() string {
	if u.allKeys {
		return "~*"
	}
	return strings.Join(u.keys, " ")
}

// Channels are the patterns of channels as rules.
func (u *User) Channels() string {
	if u.allChannels {
		return "&*"
	}
	rules := make([]string, len(u.channels))
	for i, pattern := range u.channels {
		rules[i] = "&" + pattern
	}
	return strings.Join(rules, " ")
}

// Commands are rules that lead to the user's commands. As Redis 7.0 does, they are
// not those that were given but a short form of the result: all or nothing, then
// the categories that fit best, then what is still to be put right.
func (u *User) Commands() string {
	told := NewUser(u.catalog, "")
	rest := u.clone() // what the categories told so far do not explain
	rules := []string{"-@all"}
	sign := "+"
	if u.future {
		told.permitAll(true)
		rules[0], sign = "+@all", "-"
	}
	open := map[string]bool{}
	for category := rest.fitting(open); category != ""; category = rest.fitting(open) {
		open[category] = true
		members := u.catalog.members(category)
		told.set(members, !u.future)
		rest.set(members, u.future)
		rules = append(rules, sign+"@"+category)
	}
	return strings.Join(append(rules, u.corrections(told)...), " ")
}

// fitting is the category that has the fewest commands which the user has not (or,
// beginning with all, has), and more of the others than of these.
func (u *User) fitting(told map[string]bool) (best string) {
	least, most := len(u.allowed)+1, 0
	for _, category := range Categories {
		fit, misfit := u.count(category)
		if !told[category] && fit > misfit && (misfit < least || misfit == least && fit > most) {
			best, least, most = category, misfit, fit
		}
	}
	return best
}

func (u *User) count(category string) (fit, misfit int) {
	for i, command := range u.catalog.commands {
		switch {
		case !command.in(category):
		case u.allowed[i] != u.future:
			fit++
		default:
			misfit++
		}
	}
	return fit, misfit
}

// corrections lead from what was told to what is.
func (u *User) corrections(told *User) (rules []string) {
	correct := func(right Right) {
		if u.allowed[right] == told.allowed[right] {
			return
		}
		sign := "-"
		if u.allowed[right] {
			sign = "+"
		}
		rules = append(rules, sign+u.catalog.commands[right].Name)
		told.set(u.catalog.family(right), u.allowed[right])
	}
	for _, top := range u.catalog.top {
		correct(top)
		for _, sub := range u.catalog.subs[top] {
			correct(sub)
		}
	}
	return rules
}
