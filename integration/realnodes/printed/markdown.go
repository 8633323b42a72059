package printed

import (
	"regexp"
	"strings"
)

// Command is what a document tells its reader to type.
type Command struct {
	Line    int
	Section string // the heading that it stands under
	Text    string // lines that end with a backslash are joined with the next
}

// Commands are all commands of a Markdown text: each line of an indented block, each fenced
// block of a shell as a whole, and within the text what begins with the name of a program
// that people call, or with an option of helm's.
func Commands(text string) []Command {
	r := reader{blank: true}
	for line := range strings.Lines(text) {
		r.line(strings.TrimRight(line, "\n"))
	}
	return r.found
}

var (
	span    = regexp.MustCompile("`([^`]+)`")
	program = regexp.MustCompile(`^(kubectl|helm|docker|make|go|git|ctr|sudo|nerdctl|(redis|valkey)-(cli|server)) \S|^--set `)
)

type reader struct {
	found   []Command
	number  int
	section string
	blank   bool // the line before was empty, or is of an indented block
	open    bool // the last command goes on
	fence   string
	fenced  []string
}

func (r *reader) line(line string) {
	r.number++
	indented, isIndented := strings.CutPrefix(line, "    ")
	switch {
	case r.fence != "":
		r.inFence(line)
		return
	case strings.HasPrefix(line, "```"):
		r.fence, r.fenced = line, nil
	case strings.HasPrefix(line, "#"):
		r.section = strings.TrimLeft(line, "# ")
	case isIndented && (r.blank || r.open):
		r.indented(indented)
		return
	default:
		for _, code := range span.FindAllStringSubmatch(line, -1) {
			if program.MatchString(code[1]) {
				r.add(code[1])
			}
		}
	}
	r.blank, r.open = line == "", false
}

func (r *reader) indented(line string) {
	line, goesOn := strings.CutSuffix(line, `\`)
	if r.open {
		last := &r.found[len(r.found)-1]
		last.Text = strings.TrimSpace(last.Text) + " " + strings.TrimSpace(line)
	} else {
		r.add(strings.TrimSpace(line))
	}
	r.open = goesOn
}

func (r *reader) inFence(line string) {
	if line != "```" {
		r.fenced = append(r.fenced, line)
		return
	}
	switch strings.TrimPrefix(r.fence, "```") {
	case "sh", "bash", "shell", "console":
		r.add(strings.Join(r.fenced, "\n"))
	}
	r.fence = ""
}

func (r *reader) add(text string) {
	r.found = append(r.found, Command{Line: r.number, Section: r.section, Text: text})
}
