package acl

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Login is somebody's claim to be a user, with what it rests on. It never changes, what
// the user may do can.
type Login struct {
	account *Account
	digest  string // of the password that was right; "" where none was wanted
}

// User is who was let in, with the rights of this moment.
func (l *Login) User() *User { return l.account.User() }

// Name is the user's.
func (l *Login) Name() string { return l.User().name }

// Proven tells that a password was checked. A user whom any password fits proves nothing.
func (l *Login) Proven() bool { return l.digest != "" }

// Holds tells whether the same would be let in now.
func (l *Login) Holds() bool { return l.User().lets(l.digest) }

// Account is a user's place: connections keep it, and what the user may do can
// change under them. All methods are safe from any goroutine.
type Account struct {
	user atomic.Pointer[User]
}

// User is what the account may do now.
func (a *Account) User() *User { return a.user.Load() }

// Users are all accounts by name. User default is always there.
type Users struct {
	catalog *Catalog

	mu       sync.Mutex // held to change and to log in, never to check a right
	accounts map[string]*Account
	initial  *Login   // of who has not logged in: user default's
	nobody   *Account // who cannot log in
	password string   // of user default as long as no file says something else
	byFile   bool     // the file has defined user default
}

// Change is what happened to a user; After is nil when the user is gone.
type Change struct {
	Before, After *User
}

// NewUsers begins with user default, who needs the password unless it is empty.
func NewUsers(catalog *Catalog, password string) *Users {
	u := &Users{catalog: catalog, accounts: map[string]*Account{}, nobody: &Account{}, password: password}
	u.nobody.user.Store(NewUser(catalog, ""))
	u.put(NewDefault(catalog, password))
	u.initial = &Login{account: u.accounts[Default]}
	return u
}

// Catalog is the one that the users' rights refer to.
func (u *Users) Catalog() *Catalog { return u.catalog }

// Initial is how everybody begins: as user default, without a password.
func (u *Users) Initial() *Login { return u.initial }

// Login lets somebody in if the password is right and the user is on. For a user who
// does not exist it takes as long as for one whose password is wrong.
func (u *Users) Login(name, password []byte) (*Login, bool) {
	u.mu.Lock()
	account := u.accounts[string(name)]
	u.mu.Unlock()
	if account == nil {
		account = u.nobody
	}
	user, digest := account.User(), hash(password)
	if !user.lets(digest) {
		return nil, false
	}
	if user.noPass {
		digest = ""
	}
	return &Login{account: account, digest: digest}, true
}

// Has tells whether there is a user of that name.
func (u *Users) Has(name string) bool { return u.Find(name) != nil }

// Find returns a user, or nil.
func (u *Users) Find(name string) *User {
	u.mu.Lock()
	defer u.mu.Unlock()
	if account := u.accounts[name]; account != nil {
		return account.User()
	}
	return nil
}

// All returns the users ordered by name.
func (u *Users) All() []*User {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.all()
}

func (u *Users) all() []*User {
	list := make([]*User, 0, len(u.accounts))
	for _, account := range u.accounts {
		list = append(list, account.User())
	}
	slices.SortFunc(list, func(a, b *User) int { return strings.Compare(a.name, b.name) })
	return list
}

// Set makes or changes a user by rules; see User.With for the error.
func (u *Users) Set(name string, rules []string) (Change, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	before := NewUser(u.catalog, name)
	if account := u.accounts[name]; account != nil {
		before = account.User()
	}
	after, err := before.With(rules...)
	if err != nil {
		return Change{}, err
	}
	u.put(after)
	return Change{Before: before, After: after}, nil
}

func (u *Users) put(user *User) {
	account := u.accounts[user.name]
	if account == nil {
		account = &Account{}
		u.accounts[user.name] = account
	}
	account.user.Store(user)
}

// Delete takes a user away; ok is false when there is none of that name. Who is
// connected as the user has no rights from now on.
func (u *Users) Delete(name string) (change Change, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	account := u.accounts[name]
	if account == nil || name == Default {
		return Change{}, false
	}
	return u.remove(name, account), true
}

func (u *Users) remove(name string, account *Account) Change {
	delete(u.accounts, name)
	before := account.User()
	account.user.Store(NewUser(u.catalog, name))
	return Change{Before: before}
}

// Replace makes these users all there are, and returns whose rules have changed.
// Without a user default among them, that one is as it was in the beginning.
func (u *Users) Replace(users []*User) (changes []Change) {
	u.mu.Lock()
	defer u.mu.Unlock()
	next := map[string]*User{Default: NewDefault(u.catalog, u.password)}
	u.byFile = false
	for _, user := range users {
		next[user.name] = user
		u.byFile = u.byFile || user.name == Default
	}
	for name, account := range u.accounts {
		if next[name] == nil {
			changes = append(changes, u.remove(name, account))
		}
	}
	for _, user := range next {
		before := NewUser(u.catalog, user.name)
		if account := u.accounts[user.name]; account != nil {
			before = account.User()
		}
		if before.String() != user.String() {
			changes = append(changes, Change{Before: before, After: user})
		}
		u.put(user)
	}
	return changes
}

// SetPassword gives user default another password, or none, unless an ACL file has
// defined that user. Connections stay as they are.
func (u *Users) SetPassword(password string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.password == password {
		return
	}
	u.password = password
	if u.byFile {
		return
	}
	rules := []string{"nopass"}
	if password != "" {
		rules = []string{"resetpass", ">" + password}
	}
	if user, err := u.initial.User().With(rules...); err == nil {
		u.put(user)
	}
}
