package sentinel

import (
	"fmt"
	"strings"
)

// mostProgram bounds what a process says of its version, in bytes.
const mostProgram = 40

// program is what a process says it is, such as "Redis 8.0.2" or "Valkey 8.1.1". Empty: it does
// not say. Valkey tells the version of Redis that it is compatible with as well.
func (s *Snapshot) program() string {
	for _, one := range []struct{ field, name string }{{"\nvalkey_version:", "Valkey "}, {"\nredis_version:", "Redis "}} {
		if _, value, told := strings.Cut("\n"+s.Info, one.field); told {
			value, _, _ = strings.Cut(value, "\n")
			value = strings.TrimRight(value, "\r")
			return one.name + value[:min(len(value), mostProgram)]
		}
	}
	return ""
}

// tellPrograms tells of those that are to copy from a server of another version. A copy is of the
// version of who writes it, and one that cannot be read is asked for again at once, for ever.
func (m *Machine) tellPrograms(master *instance) string {
	ours := ""
	if master != nil && master.snapshot != nil {
		ours = master.snapshot.program()
	}
	var others []string
	for _, i := range m.sorted() {
		if i.unsyncedSince.IsZero() || i == master || i.snapshot == nil {
			continue
		}
		if theirs := i.snapshot.program(); ours != "" && theirs != "" && theirs != ours {
			others = append(others, fmt.Sprintf("%s is %s", i.pod.Name, theirs))
		}
	}
	if len(others) == 0 {
		return ""
	}
	return fmt.Sprintf("; %s is %s, %s: not each can read what the other sends (docs/versions.md)",
		master.pod.Name, ours, strings.Join(others, ", "))
}
