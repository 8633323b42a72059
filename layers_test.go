package layers

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/redis-sentinel-k8s/redis-sentinel-k8s"

// permitted lists, for each package of the product, what it may import beside the
// standard library: our own packages by their path below the module, others by
// the beginning of theirs. Whatever is not listed is an error.
var permitted = map[string][]string{
	"sentinel":         {},
	"sentinel/store":   {"sentinel", "github.com/hashicorp/go-memdb"},
	"sentinel/command": {"sentinel", "sentinel/store", "resp", "resp/acl", "github.com/sirupsen/logrus", "golang.org/x/time/rate"},
	"sentinel/monitor": {"sentinel", "github.com/sirupsen/logrus", "golang.org/x/time/rate"},
	"resp":             {"github.com/tidwall/redcon", "github.com/sirupsen/logrus"},
	"resp/acl":         {"resp"},
	"resp/certs":       {},
	"resp/node":        {"sentinel", "github.com/redis/go-redis/v9"},
	"k8s":              {"sentinel", "k8s.io/", "github.com/sirupsen/logrus", "github.com/bombsimon/logrusr", "github.com/go-logr/logr"},
}

// TestImportDirections holds the arrows of the architecture: data flows one way,
// and the decisions know nothing of how they come about or are told.
func TestImportDirections(t *testing.T) {
	for path, imports := range list(t) {
		allowed, ok := permitted[path]
		if !ok {
			if top, _, _ := strings.Cut(path, "/"); !slices.Contains([]string{"cmd", "integration", "charts", "."}, top) {
				t.Errorf("package %s has no place in the architecture", path)
			}
			continue
		}
		for _, imported := range imports {
			if !isPermitted(imported, allowed) {
				t.Errorf("%s must not import %s", path, imported)
			}
		}
	}
}

func isPermitted(imported string, allowed []string) bool {
	if own, ok := strings.CutPrefix(imported, module+"/"); ok {
		return slices.Contains(allowed, own)
	}
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") {
		return true // the standard library
	}
	return slices.ContainsFunc(allowed, func(prefix string) bool { return strings.HasPrefix(imported, prefix) })
}

// list maps the packages of the module, by their path in it, to their imports.
func list(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		err := decoder.Decode(&p)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		path := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		if path == "" {
			path = "."
		}
		packages[path] = p.Imports
	}
	if len(packages) < len(permitted) {
		t.Fatalf("only %d packages found", len(packages))
	}
	return packages
}
