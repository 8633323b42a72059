package chart_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// notes are what Helm prints after an installation. Without a cluster it prints none, so
// they are rendered as a manifest of a copy of the chart.
func notes(t *testing.T, v values) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "redis-cache")
	if err := os.CopyFS(folder, os.DirFS(chartFolder)); err != nil {
		t.Fatal(err)
	}
	text := `{{- define "notes" }}` + read(t, "templates/NOTES.txt") + "{{ end }}"
	manifest := "notes: |\n{{ include \"notes\" . | indent 2 }}\n"
	for name, content := range map[string]string{"_test.tpl": text, "test.yaml": manifest} {
		if err := os.WriteFile(filepath.Join(folder, "templates", name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, errOut, err := helm(t, "template", "dev", folder, "-f", valuesFile(t, v), "--show-only", "templates/test.yaml")
	if err != nil {
		t.Fatalf("%v: %s", err, errOut)
	}
	_, out, _ = strings.Cut(out, "notes: |\n")
	var lines []string
	for line := range strings.Lines(out) {
		lines = append(lines, strings.TrimPrefix(strings.TrimRight(line, "\n"), "  "))
	}
	return strings.Join(lines, "\n")
}

// commands are the lines that a person is to paste.
func commands(text string) []string {
	var found []string
	for line := range strings.Lines(text) {
		if command, is := strings.CutPrefix(strings.TrimRight(line, "\n"), "  "); is {
			found = append(found, command)
		}
	}
	return found
}

// installations are those whose notes differ.
var installations = map[string]values{
	"plain":    nil,
	"sidecar":  {"sentinel": values{"placement": "sidecar"}},
	"password": {"auth": values{"existingSecret": "redis"}},
	"two passwords": {
		"auth":     values{"existingSecret": "redis"},
		"sentinel": values{"auth": values{"existingSecret": "sentinel", "existingSecretKey": "the.key"}},
	},
	"everything":     secure("deployment"),
	"within the pod": secure("sidecar"),
	"TLS": {
		"redis":    values{"tls": values{"enabled": true, "existingSecret": "c"}},
		"sentinel": values{"tls": values{"enabled": true, "existingSecret": "c"}},
	},
	"certificates":   {"sentinel": values{"tls": values{"enabled": true, "existingSecret": "c", "authClients": true}}},
	"TLS beside":     {"sentinel": values{"tls": values{"enabled": true, "existingSecret": "c", "port": 26380, "authClients": true}}},
	"one server":     {"replicaCount": 1},
	"valkey":         {"redis": values{"image": values{"repository": "valkey/valkey", "tag": "8.1-alpine"}}},
	"long name":      {"fullnameOverride": "a-cache-with-a-name-as-long-as-can-be-with-it"},
	"no labels":      {"service": values{"roleLabels": false}},
	"labels instead": {"service": values{"masterEndpoints": "labels"}},
}

// TestNotesCanBePasted: a shell understands each command, no part of one is left to the
// reader, and none depends on a pod that another one has just ended.
func TestNotesCanBePasted(t *testing.T) {
	for name, v := range installations {
		text := notes(t, v)
		all := commands(text)
		if len(all) < 6 {
			t.Errorf("%s: only %d commands in\n%s", name, len(all), text)
		}
		for _, command := range all {
			if !strings.HasPrefix(command, "kubectl -n default ") {
				t.Errorf("%s: %q is no command of kubectl", name, command)
			}
			if out, err := exec.Command("sh", "-n", "-c", command).CombinedOutput(); err != nil {
				t.Errorf("%s: %s: %s", name, command, out)
			}
			if strings.ContainsAny(command, "<>") {
				t.Errorf("%s: something is to be filled in: %s", name, command)
			}
			if strings.Contains(command, " exec ") && !execsSomewhereAlive(command) {
				t.Errorf("%s: it goes into one pod, alive or not: %s", name, command)
			}
		}
	}
}

// execsSomewhereAlive: kubectl picks a pod that is ready, or it is the master by the record.
func execsSomewhereAlive(command string) bool {
	return strings.HasPrefix(command, "kubectl -n default exec service/") ||
		strings.HasPrefix(command, `kubectl -n default exec "$(kubectl -n default get lease `) ||
		strings.HasPrefix(command, `kubectl -n default exec "$(kubectl -n default get pods -l `) && strings.Contains(command, ` | grep -vx "$(kubectl -n default get lease `)
}

// TestNotesAskTheSentinelPort as it wants to be asked, or not at all.
func TestNotesAskTheSentinelPort(t *testing.T) {
	const query = " sentinel get-master-addr-by-name mymaster"
	for name, want := range map[string]string{
		"plain":         "-- redis-cli -h dev-redis-cache-sentinel.default.svc -p 26379" + query,
		"sidecar":       "-- redis-cli -h dev-redis-cache-sentinel.default.svc -p 26379" + query,
		"password":      "-- redis-cli -h dev-redis-cache-sentinel.default.svc -p 26379" + query,
		"two passwords": `-- sh -c 'REDISCLI_AUTH="$0" redis-cli -h dev-redis-cache-sentinel.default.svc -p 26379` + query + `' "$(kubectl -n default get secret sentinel -o jsonpath='{.data.the\.key}' | base64 -d)"`,
		"TLS":           "-- redis-cli --tls --insecure -h dev-redis-cache-sentinel.default.svc -p 26379" + query,
		"TLS beside":    "-- redis-cli -h dev-redis-cache-sentinel.default.svc -p 26379" + query,
		"valkey":        "-- valkey-cli -h dev-redis-cache-sentinel.default.svc -p 26379" + query,
		"certificates":  "",
		"everything":    "",
	} {
		got := ""
		for _, command := range commands(notes(t, installations[name])) {
			if strings.Contains(command, query) {
				_, got, _ = strings.Cut(command, "-c redis ")
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestNotesSpeakToRedis with the certificate that it may want, in every command.
func TestNotesSpeakToRedis(t *testing.T) {
	for name, want := range map[string]int{"plain": 0, "TLS": 4, "everything": 4} {
		encrypted := 0
		for _, command := range commands(notes(t, installations[name])) {
			encrypted += strings.Count(command, "--tls --cacert /etc/redis/tls/ca.crt --cert /etc/redis/tls/tls.crt --key /etc/redis/tls/tls.key")
		}
		if encrypted != want {
			t.Errorf("%s: %d commands speak TLS to Redis, want %d", name, encrypted, want)
		}
	}
}

// TestNotesTellOfNodes: with fewer nodes than servers an upgrade would wait for ever.
func TestNotesTellOfNodes(t *testing.T) {
	for name, test := range map[string]struct {
		values values
		told   bool
	}{
		"hard": {nil, true}, "soft": {values{"antiAffinity": "soft"}, false}, "none": {values{"antiAffinity": "none"}, false},
		"one server": {values{"replicaCount": 1}, false},
	} {
		if told := strings.Contains(notes(t, test.values), "antiAffinity=soft lets them share"); told != test.told {
			t.Errorf("%s: told %v, want %v", name, told, test.told)
		}
	}
}
