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
}

// Right is the permission to run one command; its number in the catalog.
type Right int

// Catalog is every command there is. It never changes.
type Catalog struct {
	commands []Command
	byName   map[string]Right
	top      []Right
	subs     map[Right][]Right
}

// NewCatalog takes the commands with each container before its subcommands.
func NewCatalog(commands []Command) *Catalog {
	c := &Catalog{commands: commands, byName: map[string]Right{}, subs: map[Right][]Right{}}
	for i, command := range commands {
		c.byName[command.Name] = Right(i)
		if container, _, found := strings.Cut(command.Name, "|"); found {
			parent := c.byName[container]
			c.subs[parent] = append(c.subs[parent], Right(i))
		} else {
			c.top = append(c.top, Right(i))
		}
	}
	return c
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

// family is a command with its subcommands.
func (c *Catalog) family(right Right) []Right {
	return append([]Right{right}, c.subs[right]...)
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
