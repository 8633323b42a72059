package acl

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
)

// Default is the user that a connection has before it authenticates.
const Default = "default"

// User is one user with all rights at one moment. It never changes.
type User struct {
	name      string
	catalog   *Catalog
	on        bool
	noPass    bool
	sanitize  string   // the word of sanitize-payload that was given, which means nothing here
	passwords []string // SHA-256 in hex, in the order they were given

	allowed []bool // by Right
	future  bool   // began with all commands; how the rules are told depends on it

	keys        []string // kept to be told; a Sentinel has no keys
	allKeys     bool
	channels    []string
	allChannels bool
}

// NewUser returns a user as ACL SETUSER makes one: off, without any right.
func NewUser(catalog *Catalog, name string) *User {
	return &User{name: name, catalog: catalog, allowed: make([]bool, len(catalog.commands))}
}

// NewDefault returns user default with all rights, and with the given password or,
// when that is empty, without one.
func NewDefault(catalog *Catalog, password string) *User {
	rules := []string{"on", "allkeys", "allchannels", "allcommands", "nopass"}
	if password != "" {
		rules = append(rules, "resetpass", ">"+password)
	}
	u, err := NewUser(catalog, Default).With(rules...)
	if err != nil {
		panic(err) // these rules are ours
	}
	return u
}

// Name is the user's name.
func (u *User) Name() string { return u.name }

// On tells that the user may authenticate.
func (u *User) On() bool { return u.on }

// Open tells that nobody needs to authenticate to be this user.
func (u *User) Open() bool { return u.on && u.noPass }

// NoPass tells that any password will do.
func (u *User) NoPass() bool { return u.noPass }

// lets tells whether a password with this digest lets somebody in as the user. It takes
// as long for a user who is off or has no password as for one with a password.
func (u *User) lets(digest string) bool {
	passwords := u.passwords
	if len(passwords) == 0 {
		passwords = noPasswords
	}
	found := 0
	for _, known := range passwords {
		found |= subtle.ConstantTimeCompare([]byte(digest), []byte(known))
	}
	return u.on && (u.noPass || found == 1)
}

// noPasswords are compared with where there is nothing to compare with: no digest is so.
var noPasswords = []string{strings.Repeat("-", hex.EncodedLen(sha256.Size))}

// MayRun tells whether the user may run a command.
func (u *User) MayRun(right Right) bool { return u.allowed[right] }

// MayUse tells whether the user may subscribe or publish to a channel.
func (u *User) MayUse(channel string) bool {
	return u.allChannels || slices.ContainsFunc(u.channels, func(pattern string) bool {
		return resp.Glob(pattern, channel)
	})
}

// MayMatch tells whether the user may subscribe to a pattern: only to one that is
// among the user's own, letter by letter.
func (u *User) MayMatch(pattern string) bool {
	return u.allChannels || slices.Contains(u.channels, pattern)
}

func (u *User) clone() *User {
	c := *u
	c.passwords, c.allowed = slices.Clone(u.passwords), slices.Clone(u.allowed)
	c.keys, c.channels = slices.Clone(u.keys), slices.Clone(u.channels)
	return &c
}

func hash(password []byte) string {
	sum := sha256.Sum256(password)
	return hex.EncodeToString(sum[:])
}
