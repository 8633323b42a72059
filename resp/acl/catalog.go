package acl

import (
	"slices"
	"strings"
)

// Categories are Redis's, in the order of ACL CAT; most are empty in a Sentinel.
var Categories = []string{
	"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo",
	"stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting",
}

// Command is one command as rules name it.
type Command struct {
	Name       string   // in full and lower case: "client|list"
	Categories []string // with their @
	// Hidden commands can be allowed by name but belong to no listing.
	Hidden bool
	// AliasOf is the full name of a command before this one that does the same; a rule
	// for either holds for both, or what was denied under one name would be told under
	// the other.
	AliasOf string
}

// Right is the permission to run one command; its number in the catalog.
type Right int

// Catalog is every command there is. It never changes.
type Catalog struct {
	commands []Command
	byName   map[string]Right
	top      []Right
	subs     map[Right][]Right
	aliases  map[Right][]Right // both ways
}

// NewCatalog takes the commands with each container before its subcommands.
func NewCatalog(commands []Command) *Catalog {
	c := &Catalog{commands: commands, byName: map[string]Right{}, subs: map[Right][]Right{}, aliases: map[Right][]Right{}}
	for i, command := range commands {
		c.byName[command.Name] = Right(i)
		if original, ok := c.byName[command.AliasOf]; ok {
			c.join(original, Right(i))
		}
		if container, _, found := strings.Cut(command.Name, "|"); found {
			parent := c.byName[container]
			c.subs[parent] = append(c.subs[parent], Right(i))
		} else {
			c.top = append(c.top, Right(i))
		}
	}
	return c
}

// join makes an alias one of its original's names.
func (c *Catalog) join(original, alias Right) {
	for _, other := range append([]Right{original}, c.aliases[original]...) {
		c.aliases[other] = append(c.aliases[other], alias)
		c.aliases[alias] = append(c.aliases[alias], other)
	}
}

// Right finds a command by its full name.
func (c *Catalog) Right(name string) (Right, bool) {
	right, ok := c.byName[strings.ToLower(name)]
	return right, ok
}

// In lists the commands of a category; ok is false for one that Redis has not.
func (c *Catalog) In(category string) (names []string, ok bool) {
	category = strings.ToLower(category)
	if !slices.Contains(Categories, category) {
		return nil, false
	}
	for _, command := range c.commands {
		if command.in(category) {
			names = append(names, command.Name)
		}
	}
	return names, true
}

func (c Command) in(category string) bool {
	return !c.Hidden && slices.Contains(c.Categories, "@"+category)
}

// family is a command with its subcommands, and with its other names.
func (c *Catalog) family(right Right) []Right {
	return slices.Concat([]Right{right}, c.subs[right], c.aliases[right])
}

// members are all commands of a category, the hidden ones among them.
func (c *Catalog) members(category string) []Right {
	var members []Right
	for i, command := range c.commands {
		if slices.Contains(command.Categories, "@"+category) {
			members = append(members, Right(i))
		}
	}
	return members
}
