package clients

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Snippet is the part of a program's file between the comment lines "snippet" and
// "end", without its indentation.
func Snippet(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var lines []string
	inside := false
	for line := range strings.SplitSeq(string(text), "\n") {
		switch strings.Trim(line, " \t/#") {
		case "snippet":
			inside = true
			continue
		case "end":
			if inside {
				return dedent(lines), nil
			}
		}
		if inside {
			lines = append(lines, line)
		}
	}
	return "", errors.New(path + ": no snippet")
}

func dedent(lines []string) string {
	indent := func(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }
	least := -1
	for _, line := range lines {
		if strings.TrimSpace(line) != "" && (least < 0 || indent(line) < least) {
			least = indent(line)
		}
	}
	for i, line := range lines {
		lines[i] = strings.TrimRight(line[min(max(least, 0), len(line)):], " \t")
	}
	return strings.Join(lines, "\n") + "\n"
}

// highlight is what Markdown calls a language.
var highlight = map[string]string{"node": "js", "tools": "sh"}

// Snippets is the section of all of them as Markdown.
func Snippets(folder string, programs []Program) (string, error) {
	var out strings.Builder
	for _, p := range programs {
		if p.Snippet == "" {
			continue
		}
		snippet, err := Snippet(filepath.Join(folder, p.Language, p.Snippet))
		if err != nil {
			return "", err
		}
		language := p.Language
		if h := highlight[language]; h != "" {
			language = h
		}
		fmt.Fprintf(&out, "<details><summary>%s: %s, %s</summary>\n\n```%s\n%s```\n</details>\n\n", title(p.Language), p.Library, p.Mode, language, snippet)
	}
	return out.String(), nil
}

func title(language string) string {
	if names := map[string]string{"go": "Go", "node": "Node.js", "php": "PHP", "tools": "shell"}; names[language] != "" {
		return names[language]
	}
	return strings.ToUpper(language[:1]) + language[1:]
}

// Between puts text between two marks of a document.
func Between(document, mark, text string) (string, error) {
	begin, end := "<!-- "+mark+" -->\n", "<!-- end of "+mark+" -->"
	before, rest, found := strings.Cut(document, begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", fmt.Errorf("no marks %q", mark)
	}
	return before + begin + text + end + after, nil
}

// middleAndLast are the median and the longest.
func middleAndLast(times []time.Duration) [2]time.Duration {
	if len(times) == 0 {
		return [2]time.Duration{}
	}
	slices.Sort(times)
	return [2]time.Duration{times[len(times)/2], times[len(times)-1]}
}
