package printed

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documents are those that tell people to type something, from the root of the tree.
func documents(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.md", "docs/*.md", "charts/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			name, err := filepath.Rel(root, path)
			if err != nil {
				t.Fatal(err)
			}
			if filepath.Base(name) != "CHANGELOG.md" { // tells what was
				all = append(all, name)
			}
		}
	}
	if !slices.Contains(all, "README.md") || !slices.Contains(all, "charts/redis-cache/README.md") {
		t.Fatalf("the READMEs are not among %q", all)
	}
	return all
}

const root = "../../.."

// left is what is printed and not run here.
type left struct {
	section string // any when empty
	text    string // with a star at its end: what begins like this; a star alone: what is no command
	why     string
}

var leftOut = []left{
	{"", "make *", "for people who work on this tree: .ci/run and those who write README's tables run them; TestTargets looks that they exist"},
	{"", "go test *", "the same"},
	{"Install", "docker push registry.example.com/redis-sentinel-k8s:1", "nobody has that registry: the nodes here have the image by this name"},
	{"", "docker build -t registry.example.com/redis-sentinel-k8s:1 . && docker push *", "the same, and no Docker: package image builds what the Dockerfile says, and compares"},
	{"Connect your client", "# Prints the master's host and port*", "integration/clients runs it"},
	{"Layout", "*", "a list of folders"},
	{"Passwords and users", "user *", "lines of a file: TestNotes/everything has them in a Secret, and logs in"},
	{"", "kubectl describe", "names a command without an object"},
	{"", "kubectl drain", "the same; package events drains"},
	{"", "kubectl rollout restart", "the same"},
	{"", "kubectl port-forward", "the same; the line that says of what is run"},
	{"", "helm upgrade", "the same; package events upgrades and rolls back"},
	{"", "helm install --wait", "the same; package events installs so"},
	{"", "helm rollback", "the same; package events rolls back"},
	{"", "kubectl delete pod", "the same; package events deletes the master's"},
	{"", "kubectl annotate statefulset dev-redis-cache --overwrite redis-sentinel-k8s/promote=*", "needs a master that is silent: TestByHand of integration/e2e takes the line from the README and runs it"},
	{"", "helm template", "the same"},
	{"", "helm uninstall", "the same; TestReadmes and TestNotes uninstall"},
}

func (l left) is(c Command) bool {
	begin, open := strings.CutSuffix(l.text, "*")
	if l.text == "*" && program.MatchString(c.Text) {
		return false
	}
	return (l.section == "" || l.section == c.Section) && (c.Text == l.text || open && strings.HasPrefix(c.Text, begin))
}

func isLeftOut(c Command) bool {
	for _, l := range leftOut {
		if l.is(c) {
			return true
		}
	}
	return false
}

func commandsOf(t *testing.T, document string) []Command {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, document))
	if err != nil {
		t.Fatal(err)
	}
	return Commands(string(text))
}

// TestEveryCommandIsRunOrLeftOut: whoever prints a new command runs it, or says why not.
func TestEveryCommandIsRunOrLeftOut(t *testing.T) {
	used := map[string]bool{}
	for _, document := range documents(t) {
		for _, c := range commandsOf(t, document) {
			ran := c.run() != nil
			used[c.bare()] = true
			for _, l := range leftOut {
				used[l.text] = used[l.text] || l.is(c)
			}
			if ran == isLeftOut(c) {
				t.Errorf("%s:%d: run: %t, left out: %t: %s", document, c.Line, ran, isLeftOut(c), c.Text)
			}
		}
	}
	for _, l := range leftOut {
		if !used[l.text] {
			t.Errorf("%q is left out and printed nowhere", l.text)
		}
	}
	for text := range runs {
		if !used[text] {
			t.Errorf("%q is run and printed nowhere", text)
		}
	}
}

var (
	target = regexp.MustCompile(`^make ([a-z-]+)`)
	goTest = regexp.MustCompile(`^go test (\S+) -run '?([A-Za-z]+)`)
)

// TestTargets: what is left to others is there for them.
func TestTargets(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range documents(t) {
		for _, c := range commandsOf(t, document) {
			if found := target.FindStringSubmatch(c.Text); found != nil && !strings.Contains(string(makefile), "\n"+found[1]+":") {
				t.Errorf("%s:%d: the Makefile has no target %s", document, c.Line, found[1])
			}
			if found := goTest.FindStringSubmatch(c.Text); found != nil && !hasTest(t, found[1], found[2]) {
				t.Errorf("%s:%d: %s has no %s", document, c.Line, found[1], found[2])
			}
		}
	}
}

func hasTest(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}
