package k8s

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"
)

func TestRecordLease(t *testing.T) {
	long := strings.Repeat("m", 63)
	prefix := strings.Repeat("p", 230) + "-"
	names := map[string]bool{LeaderLease("dev-"): true, LeaderLease(prefix): true}
	for _, c := range []struct {
		prefix, master string
		want           string // "" = any legal name
	}{
		{"dev-", "mymaster", "dev-mymaster"},
		{"", "mymaster", "mymaster"},
		{"dev-", "my.master", "dev-my.master"},
		{"dev-", "MyMaster", ""},
		{"dev-", "my_master", ""},
		{"dev-", "my__master", ""},
		{"dev-", "a..b", ""},
		{"dev-", "sentinel-leader", ""},
		{"", "___", ""},
		{prefix, long, ""},
		{prefix, long[1:], ""},
	} {
		got := RecordLease(c.prefix, c.master)
		if c.want != "" && got != c.want {
			t.Errorf("%q of %q: got %q, want %q", c.master, c.prefix, got, c.want)
		}
		if wrong := validation.IsDNS1123Subdomain(got); len(wrong) > 0 {
			t.Errorf("%q of %q: %q is no name: %s", c.master, c.prefix, got, wrong)
		}
		if names[got] {
			t.Errorf("%q of %q: %q is taken", c.master, c.prefix, got)
		}
		names[got] = true
	}
}

func TestRecordLabel(t *testing.T) {
	seen := map[string]string{}
	for _, prefix := range []string{"dev-redis-cache-", "", "a.b-", strings.Repeat("p", 100), strings.Repeat("p", 101)} {
		got := recordLabel(prefix)
		if wrong := validation.IsValidLabelValue(got); len(wrong) > 0 || got == "" {
			t.Errorf("prefix %q: %q is no label value: %s", prefix, got, wrong)
		}
		if other, taken := seen[got]; taken {
			t.Errorf("prefixes %q and %q share label %q", prefix, other, got)
		}
		seen[got] = prefix
	}
}

func TestOptionsValidateTellsAllMistakes(t *testing.T) {
	err := Options{Selector: "a==b==c", PeerSelector: "!!", LeasePrefix: "Dev_", Lease: LeaseTimes{}}.Validate()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"no namespace", "no pod name", `selector "a==b==c"`, `peer selector "!!"`, `lease prefix "Dev_"`, "lease duration 0s"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if err := testOptions().Validate(); err != nil {
		t.Errorf("good options: %v", err)
	}
}
