package chart_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNothingToLoad runs the command of Redis' container in a folder with whatever an
// earlier process may have left, and demands that the server finds nothing, and is told
// all that the chart wants to tell it.
func TestNothingToLoad(t *testing.T) {
	data, bin := t.TempDir(), t.TempDir()
	for _, name := range []string{"dump.rdb", "temp-1764400000.7.rdb", ".hidden", "..hidden", "with space", "appendonlydir/appendonly.aof.1.base.rdb"} {
		path := filepath.Join(data, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server := "#!/bin/sh\nls -A " + data + "\nprintf '%s|' \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "redis-server"), []byte(server), 0o700); err != nil {
		t.Fatal(err)
	}
	redis := redisOf(t, values{"redis": values{"command": []string{"redis-server", "two words"}}})
	if at := slices.Index(redis.Args, "--dir"); at < 0 || redis.Args[at+1] != "/data" {
		t.Fatalf("the server's folder is another one than the one that is looked at: %q", redis.Args)
	}
	words := slices.Concat(redis.Command, redis.Args)
	script := strings.ReplaceAll(words[2], "/data/", data+"/")
	for range 2 { // with what was left, and in a folder that is empty
		cmd := exec.Command(words[0], slices.Concat([]string{words[1], script}, words[3:])...)
		cmd.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
		out, err := cmd.CombinedOutput()
		if want := strings.Join(words[4:], "|") + "|"; err != nil || string(out) != want {
			t.Errorf("%v\n%s\nwant\n%s", err, out, want)
		}
	}
}

// TestNoStartOverWhatCannotBeRemoved: a server that cannot be sure to begin empty does not
// begin.
func TestNoStartOverWhatCannotBeRemoved(t *testing.T) {
	bin := t.TempDir()
	for name, script := range map[string]string{"rm": "echo refused >&2; exit 1", "redis-server": "echo started"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	command := redisOf(t, nil).Command
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
	if out, err := cmd.CombinedOutput(); err == nil || strings.TrimSpace(string(out)) != "refused" {
		t.Errorf("%v: %s", err, out)
	}
}
