package printed

import "strings"

// Section is a part of Helm's notes: what it promises, and the commands that do it.
type Section struct {
	Heading  string // ends with a colon or a question mark; "" is that of commands without one
	Remarks  []string
	Commands []string
}

// Notes are the sections of what helm install prints. A command is a line that begins with
// two spaces, a remark one in parentheses.
func Notes(text string) []Section {
	if _, notes, found := strings.Cut(text, "\nNOTES:\n"); found {
		text = notes
	}
	var all []Section
	current := -1
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		command, isCommand := strings.CutPrefix(line, "  ")
		if isCommand && current < 0 || !isCommand && isHeading(line) {
			all = append(all, Section{})
			current = len(all) - 1
		}
		switch {
		case isCommand:
			all[current].Commands = append(all[current].Commands, command)
		case isHeading(line):
			all[current].Heading = line
		case strings.HasPrefix(line, "(") && current >= 0:
			all[current].Remarks = append(all[current].Remarks, line)
		case line != "":
			current = -1
		}
	}
	return all
}

func isHeading(line string) bool {
	return strings.HasSuffix(line, ":") || strings.HasSuffix(line, "?")
}
