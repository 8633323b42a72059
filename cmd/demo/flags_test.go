package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDefaults(t *testing.T) {
	c, err := parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"mymaster"}, c.names()); diff != "" {
		t.Errorf("masters (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{26379, 26380, 26381}, c.ports()); diff != "" || c.replicas != 2 {
		t.Errorf("%d replicas, Sentinels (-want +got):\n%s", c.replicas, diff)
	}
}

// TestGuideKnowsWhatIsLost: without a replica nobody has a copy.
func TestGuideKnowsWhatIsLost(t *testing.T) {
	for args, want := range map[string]string{
		"":             "The key is still there:",
		"--replicas 0": "Nobody has a copy (--replicas 0), so the key is gone:",
	} {
		c, err := parse(strings.Fields(args))
		if err != nil {
			t.Fatal(err)
		}
		if text := guide(layout{Masters: []master{{Name: "mymaster"}}}, c); !strings.Contains(text, want) {
			t.Errorf("demo %s does not say %q:\n%s", args, want, text)
		}
	}
}

func TestMistakes(t *testing.T) {
	for args, want := range map[string]string{
		"--masters 0 --replicas x --port 99999": "--masters 0: want 1 to 100\n--replicas x: want 0 to 9\n--port 99999: want 1024 to 65535",
		"--port 65534":                          "--port 65534 with --sentinels 3: the last Sentinel's port would be 65536, want at most 65535",
		"--masters 100 --replicas 9":            "--masters 100 with --replicas 9 are 1000 Redis processes, want at most 300",
		"--sentinels 12 --nodes":                "unknown flag: --nodes\n--sentinels 12: want 1 to 9",
		"--sentinels -1 now and then":           `--sentinels -1: want 1 to 9` + "\n" + `["now" "and" "then"]: the demo takes flags only`,
		"--masters 3 --masters 2":               "",
	} {
		_, err := parse(strings.Fields(args))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("demo %s (-want +got):\n%s", args, diff)
		}
	}
}
