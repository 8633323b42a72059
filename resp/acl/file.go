package acl

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// maxFile is far more than any list of users needs.
const maxFile = 1 << 20

// Parse reads the text of an ACL file: lines `user <name> <rule> ...`, empty lines
// and, beyond Redis, comments that begin with #. All mistakes are told at once, each
// beginning with the file's name and the line, in Redis's words.
func Parse(catalog *Catalog, path, text string) ([]*User, error) {
	var users []*User
	var wrong []error
	seen := map[string]bool{}
	number := 0
	for line := range strings.Lines(text) {
		number++
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if words[0] != "user" || len(words) < 2 {
			wrong = append(wrong, wording(fmt.Sprintf("%s:%d should start with user keyword followed by the username.", path, number)))
			continue
		}
		if seen[words[1]] {
			wrong = append(wrong, wording(fmt.Sprintf("WARNING: Duplicate user '%s' found on line %d.", words[1], number)))
			continue
		}
		seen[words[1]] = true
		user, err := NewUser(catalog, words[1]).With(words[2:]...)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s:%d: %s", path, number, fileText(err)))
			continue
		}
		users = append(users, user)
	}
	return users, errors.Join(wrong...)
}

// fileText words the mistake in a rule as Redis does for a file.
func fileText(err error) string {
	var rule *RuleError
	switch {
	case !errors.As(err, &rule):
		return "Unmatched parenthesis in selector definition."
	case errors.Is(err, errSyntax):
		return "Syntax error."
	}
	return fmt.Sprintf("Error in applying operation '%s': %v.", rule.Rule, rule.Err)
}

// Load replaces all users by those of a file and returns whose rules have changed.
// A file with a mistake changes nothing.
func (u *Users) Load(path string) ([]Change, error) {
	if path == "" {
		return nil, ErrNoFile
	}
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s: %d bytes, want at most %d", path, len(text), maxFile)
	}
	users, err := Parse(u.catalog, path, string(text))
	if err != nil {
		return nil, err
	}
	return u.Replace(users), nil
}

// Save writes all users to a file, by way of another one, so that a reader never
// sees half of it. The error says why that cannot be done, as for a file that is
// mounted from a Secret.
func (u *Users) Save(path string) error {
	if path == "" {
		return ErrNoFile
	}
	var text strings.Builder
	for _, user := range u.All() {
		text.WriteString(user.String() + "\n")
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".tmp-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // gone already when all went well
	_, err = temporary.WriteString(text.String())
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}
