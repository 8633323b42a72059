package conformance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

const wordings = "../../sentinel/command"

// TestEveryCommandHasACase holds the transcripts complete: no command or subcommand,
// hidden ones included, without a line of theirs.
func TestEveryCommandHasACase(t *testing.T) {
	asked := map[string]bool{}
	walk(t, func(_ string, d *datadriven.TestData) {
		for line := range strings.Lines(d.Input) {
			asked[commandOf(d.Cmd, line)] = true
		}
	})
	for name := range known {
		if !asked[name] {
			t.Errorf("no transcript asks %s", name)
		}
	}
}

// TestEveryErrorTextHasACase: each text of Redis's that the commands can answer was
// answered by a real redis-sentinel in some transcript.
func TestEveryErrorTextHasACase(t *testing.T) {
	var answers strings.Builder
	walk(t, func(_ string, d *datadriven.TestData) { answers.WriteString(d.Expected) })
	for name, text := range errorTexts(t) {
		pattern := regexp.MustCompile(regexp.MustCompile(`%(\[\d\])?[sdqv]`).ReplaceAllString(regexp.QuoteMeta(text), ".*"))
		if !pattern.MatchString(answers.String()) {
			if reason := unreachable[name]; reason == "" {
				t.Errorf("no transcript has %s: %s", name, text)
			}
			continue
		}
		if unreachable[name] != "" {
			t.Errorf("%s has a case by now", name)
		}
	}
}

// unreachable are texts that no transcript can get from a redis-sentinel 7.0.15, with
// the reason.
var unreachable = map[string]string{
	"errConfigMissing":  "7.2 and later, with several pairs",
	"errConfigTwice":    "7.2 and later, with several pairs",
	"errFailoverOption": "Valkey 9, with COORDINATED",
	"errLibraryOption":  "7.2 and later, with CLIENT SETINFO",
	"errACLOpen":        "the ACL file of the transcripts is there",
	"errACLUnchanged":   "the ACL file of the transcripts is right",
	"errACLSave":        "the ACL file of the transcripts can be written",
}

// errorTexts are the constants of package command whose names begin with err, except
// those in a declaration that says that they are ours.
func errorTexts(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	paths, _ := filepath.Glob(filepath.Join(wordings, "*.go"))
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range file.Decls {
			group, ok := declared.(*ast.GenDecl)
			if ok && group.Tok == token.CONST && !strings.Contains(group.Doc.Text(), "of ours") {
				collect(group, texts)
			}
		}
	}
	if len(texts) < 40 {
		t.Fatalf("only %d error texts found: does the test still look in the right place?", len(texts))
	}
	return texts
}

func collect(group *ast.GenDecl, texts map[string]string) {
	for _, spec := range group.Specs {
		constant := spec.(*ast.ValueSpec)
		for i, name := range constant.Names {
			if i >= len(constant.Values) || !strings.HasPrefix(name.Name, "err") {
				continue
			}
			if literal, ok := constant.Values[i].(*ast.BasicLit); ok {
				texts[name.Name], _ = strconv.Unquote(literal.Value)
			}
		}
	}
}

// walk visits every directive of every transcript as it is written.
func walk(t *testing.T, visit func(file string, d *datadriven.TestData)) {
	t.Helper()
	for _, path := range files(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		datadriven.RunTestFromString(t, string(data), func(_ *testing.T, d *datadriven.TestData) string {
			visit(filepath.Base(path), d)
			return d.Expected
		})
	}
}
