package events

import (
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/load"
)

// TestUnordered: histories of one key whose verdict a reader can check.
func TestUnordered(t *testing.T) {
	set := func(worker int, value string, called, returned int64) load.Operation {
		return load.Operation{Worker: worker, Key: "k", Write: true, Value: value, Called: called, Returned: returned}
	}
	get := func(worker int, value string, called, returned int64) load.Operation {
		return load.Operation{Worker: worker, Key: "k", Value: value, Called: called, Returned: returned}
	}
	failed := set(1, "lost?", 10, 20)
	failed.Unknown = true
	for name, c := range map[string]struct {
		history []load.Operation
		ordered bool
	}{
		"a read after a write":                        {[]load.Operation{set(1, "a", 0, 1), get(2, "a", 2, 3)}, true},
		"a stale read":                                {[]load.Operation{set(1, "a", 0, 1), set(1, "b", 2, 3), get(2, "a", 4, 5)}, false},
		"a read beside a write":                       {[]load.Operation{set(1, "a", 0, 1), set(1, "b", 2, 9), get(2, "a", 4, 5), get(3, "b", 6, 7)}, true},
		"back and forth":                              {[]load.Operation{set(1, "a", 0, 1), set(1, "b", 2, 9), get(2, "b", 4, 5), get(3, "a", 6, 7)}, false},
		"a write that failed and happened later":      {[]load.Operation{set(1, "a", 0, 1), failed, get(2, "a", 30, 31), get(2, "lost?", 40, 41)}, true},
		"a write that failed and never happened":      {[]load.Operation{set(1, "a", 0, 1), failed, get(2, "a", 30, 31)}, true},
		"a value that nobody wrote":                   {[]load.Operation{set(1, "a", 0, 1), get(2, "c", 2, 3)}, false},
		"a read of nothing after an acknowledged set": {[]load.Operation{set(1, "a", 0, 1), get(2, "", 2, 3)}, false},
	} {
		if why := unordered(c.history); (why == "") != c.ordered {
			t.Errorf("%s: %q", name, why)
		}
	}
}
