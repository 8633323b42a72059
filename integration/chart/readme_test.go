package chart_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	syaml "sigs.k8s.io/yaml"
)

// TestReadmeNamesEveryValue keeps the chart's README complete: each value must be
// named there, itself or as part of the group that it belongs to.
func TestReadmeNamesEveryValue(t *testing.T) {
	readme := read(t, "README.md")
	var all map[string]any
	if err := syaml.Unmarshal([]byte(read(t, "values.yaml")), &all); err != nil {
		t.Fatal(err)
	}
	for _, path := range leaves("", all) {
		if !named(readme, path) {
			t.Errorf("README.md does not name %s", path)
		}
	}
}

// TestSchemaKnowsEveryValue: what values.yaml has and the schema has not would be
// refused, so lint sees that; this sees the other way round.
func TestSchemaKnowsEveryValue(t *testing.T) {
	var schema struct{ Properties map[string]any }
	if err := json.Unmarshal([]byte(read(t, "values.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := syaml.Unmarshal([]byte(read(t, "values.yaml")), &all); err != nil {
		t.Fatal(err)
	}
	for name := range schema.Properties {
		if _, known := all[name]; !known && name != "global" { // Helm's own
			t.Errorf("the schema allows %s, which values.yaml has not", name)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(chartFolder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func leaves(prefix string, node map[string]any) []string {
	var paths []string
	for name, value := range node {
		inner, isMap := value.(map[string]any)
		if isMap && len(inner) > 0 {
			paths = append(paths, leaves(prefix+name+".", inner)...)
		} else {
			paths = append(paths, prefix+name)
		}
	}
	return paths
}

func named(readme, path string) bool {
	for {
		if strings.Contains(readme, "`"+path+"`") {
			return true
		}
		cut := strings.LastIndex(path, ".")
		if cut <= 0 || !strings.Contains(path[:cut], ".") {
			return false // a whole section is too coarse
		}
		path = path[:cut]
	}
}
