package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for args, want := range map[string]string{
		"":                                "crash",
		"--event freeze,away --rounds 30": "freeze away",
		"--event all":                     "crash away switchover freeze",
		"--event switch --rounds 0 --slow-rounds 0 now": "--event switch: want crash, away, switchover, freeze or all\n" +
			"--rounds 0: want 1 to 1000\n--slow-rounds 0: want 1 or more\n" + `["now"]: flags only`,
	} {
		_, chosen, err := parse(strings.Fields(args))
		got := strings.Join(chosen, " ")
		if err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("race %s (-want +got):\n%s", args, diff)
		}
	}
}
