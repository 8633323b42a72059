package chart_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	syaml "sigs.k8s.io/yaml"
)

// A way is one in which people give a value, or what comes out when they err.
var ways = map[string]any{
	"null": nil, "zero": 0, "number": 7, "negative number": -1, "large number": 1000680000, "fraction": 1.5,
	"true": true, "false": false, "empty text": "", "text": "some-text", "digits": "123", "a word of YAML": "yes",
	"template": `{{ .Values.masterName }}{{ fail "evaluated" }}`, "YAML": "a: b # \"c\"\n- 'd'", "long text": strings.Repeat("a", 5000),
	"list of text": []any{"a"}, "list of numbers": []any{1000680000}, "map": values{"a": "b"}, "no list": []any{}, "no map": values{},
	"map of numbers": values{"a": 1000680000}, "map of nothing": values{"a": nil}, "list of nothing": []any{nil},
}

// everythingOn has each part of the chart rendered, so that each value counts.
func everythingOn(placement string) values {
	v := secure(placement)
	v["announce"] = values{"services": values{"enabled": true}, "hostnames": true}
	v["networkPolicy"] = values{"enabled": true}
	v["certManager"] = values{"enabled": true, "issuerRef": values{"name": "ours"}}
	sentinel := v["sentinel"].(values)
	maps.Copy(sentinel, values{"service": values{"type": "LoadBalancer"}, "metricsService": true, "watchNodes": true, "tls": values{"enabled": true, "port": 26380}})
	return v
}

var only = flag.String("chart.values", "", "Try the values alone whose paths match this regular expression.")

// passedOn are values that are Kubernetes' own: what it does not take it refuses itself, by
// their names.
var passedOn = []string{
	"imagePullSecrets", "redis.tolerations", "redis.extraEnv", "redis.podSecurityContext", "redis.securityContext", "redis.resources",
	"sentinel.tolerations", "sentinel.extraEnv", "sentinel.podSecurityContext", "sentinel.securityContext", "sentinel.resources",
	"networkPolicy.clients", "networkPolicy.metrics",
}

// TestEveryValueInEveryWay walks values.yaml, so that a value that is added is tried as well.
// Each is refused by its name, or makes objects that the API server takes as they are.
func TestEveryValueInEveryWay(t *testing.T) {
	server := startAPI(t)
	for placement, tried := range map[string]map[string]any{
		"deployment": ways,
		// The templates differ little.
		"sidecar": {"null": nil, "large number": ways["large number"], "no map": ways["no map"]},
	} {
		base := everythingOn(placement)
		paths := everyPath(t)
		var todo []trial
		for way, value := range tried {
			refused := refusedTogether(t, base, paths, value)
			for _, path := range paths {
				if !refused[path] {
					todo = append(todo, trial{way, path, value})
				}
			}
		}
		slices.SortFunc(todo, func(a, b trial) int { return strings.Compare(a.path+" "+a.way, b.path+" "+b.way) })
		t.Logf("%s: %d values in %d ways, %d are not refused by the schema", placement, len(paths), len(tried), len(todo))
		if len(todo) < len(paths)/2 {
			t.Errorf("too few are tried")
		}
		each(todo, func(one trial) {
			if err := server.try(t, base, one); err != nil {
				t.Errorf("%s, %s as %s: %v", placement, one.path, one.way, err)
			}
		})
	}
}

type trial struct {
	way, path string
	value     any
}

func (s *apiServer) try(t *testing.T, base values, one trial) error {
	out, errOut, err := helm(t, "template", "dev", chartFolder, "-f", valuesFile(t, base), "-f", valuesFile(t, nest(one.path, one.value)))
	if err != nil {
		return refusal(one.path, errOut)
	}
	if one.value == nil && !mayBeNull(t, one.path) {
		return fmt.Errorf("nothing was taken, and the schema does not allow for it")
	}
	for _, sign := range []string{"%!", "e+0", "<nil>", "map["} {
		if strings.Contains(out, sign) {
			return fmt.Errorf("there is %q in\n%s", sign, out)
		}
	}
	err = s.takes(t.Context(), out)
	if passed(one.path) && !errors.Is(err, errNoYAML) {
		return nil
	}
	return err
}

// each calls on all, as many at a time as there are processors.
func each[T any](all []T, call func(T)) {
	var working sync.WaitGroup
	queue := make(chan T)
	for range runtime.NumCPU() {
		working.Go(func() {
			for one := range queue {
				call(one)
			}
		})
	}
	for _, one := range all {
		queue <- one
	}
	close(queue)
	working.Wait()
}

func passed(path string) bool {
	return slices.ContainsFunc(passedOn, func(own string) bool { return path == own || strings.HasPrefix(path, own+".") })
}

// internal are signs of a template that broke in place of a refusal.
var internal = regexp.MustCompile(`nil pointer|interface conversion|wrong type|YAML parse error|converting YAML|can't evaluate|incompatible type|error calling (dig|index|eq|int|regex|splitList|has|fromYaml|printf)`)

// refusal is nil for one that a person can understand: it names the value.
func refusal(path, text string) error {
	last := path[strings.LastIndex(path, ".")+1:]
	if internal.MatchString(text) || !strings.Contains(text, last) {
		return fmt.Errorf("refused in no words of the user:\n%s", text)
	}
	return nil
}

// everyPath has every value and every group of them; of a map or list that is empty also an
// entry, which is called "some".
func everyPath(t *testing.T) []string {
	t.Helper()
	var all map[string]any
	if err := syaml.Unmarshal([]byte(read(t, "values.yaml")), &all); err != nil {
		t.Fatal(err)
	}
	chosen, err := regexp.Compile(*only)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(slices.Sorted(slices.Values(walk("", all))), func(path string) bool { return !chosen.MatchString(path) })
}

func walk(prefix string, node map[string]any) []string {
	var paths []string
	for name, value := range node {
		paths = append(paths, prefix+name)
		if inner, is := value.(map[string]any); is {
			if len(inner) == 0 {
				inner = map[string]any{"some": nil}
			}
			paths = append(paths, walk(prefix+name+".", inner)...)
		}
	}
	return paths
}

// nest makes values of one path.
func nest(path string, value any) values {
	name, rest, more := strings.Cut(path, ".")
	if !more {
		return values{name: value}
	}
	return values{name: nest(rest, value)}
}

// refusedTogether finds those that the schema refuses by their names, as many as possible in one
// call: Helm tells all of them at once.
func refusedTogether(t *testing.T, base values, paths []string, value any) map[string]bool {
	t.Helper()
	refused := map[string]bool{}
	for depth := range 4 {
		all := values{}
		for _, path := range paths {
			if strings.Count(path, ".") == depth {
				lay(all, path, value)
			}
		}
		if len(all) == 0 {
			continue
		}
		_, errOut, err := helm(t, "template", "dev", chartFolder, "-f", valuesFile(t, base), "-f", valuesFile(t, all))
		if err == nil {
			continue
		}
		for _, found := range pointer.FindAllStringSubmatch(errOut, -1) {
			path := strings.ReplaceAll(strings.TrimPrefix(found[1], "/"), "/", ".")
			if strings.Contains(found[2], "validation failed") {
				continue // something within it
			}
			refused[path] = true
			for _, name := range missing.FindAllStringSubmatch(found[2], -1) {
				refused[strings.TrimPrefix(path+"."+name[1], ".")] = true
			}
		}
	}
	return refused
}

var (
	pointer = regexp.MustCompile(`(?m)^ *- at '([^']*)':(.*)$`)
	missing = regexp.MustCompile(`'([A-Za-z]+)'`)
)

func lay(into values, path string, value any) {
	name, rest, more := strings.Cut(path, ".")
	if !more {
		into[name] = value
		return
	}
	inner, is := into[name].(values)
	if !is {
		inner = values{}
		into[name] = inner
	}
	lay(inner, rest, value)
}

// mayBeNull: the schema says so of the value itself.
func mayBeNull(t *testing.T, path string) bool {
	t.Helper()
	var node struct {
		Properties           map[string]json.RawMessage
		AdditionalProperties json.RawMessage
		Type                 any
		Enum                 []any
		OneOf                []json.RawMessage
	}
	next := json.RawMessage(read(t, "values.schema.json"))
	for name := range strings.SplitSeq(path, ".") {
		node.Properties, node.AdditionalProperties = nil, nil
		if err := json.Unmarshal(next, &node); err != nil {
			return true // anything goes
		}
		if child, known := node.Properties[name]; known {
			next = child
		} else {
			next = node.AdditionalProperties
		}
	}
	return len(next) == 0 || strings.Contains(string(next), `null`) || !strings.Contains(string(next), `"type"`) && !strings.Contains(string(next), `"enum"`)
}
