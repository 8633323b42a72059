package sentinel

import (
	"errors"
	"strings"
	"testing"
)

func TestLogLevels(t *testing.T) {
	for _, level := range []string{"debug", "verbose", "notice", "warning", "nothing", "NOTICE"} {
		if _, err := ParseConfigSetting("LogLevel", level); err != nil {
			t.Errorf("%s: %v", level, err)
		}
	}
	if _, err := ParseConfigSetting("loglevel", "loud"); !errors.Is(err, ErrInvalidValue) {
		t.Errorf("loud: %v", err)
	}
}

// Options of a client lie over those of Kubernetes, and none of them can make a
// Config that means nothing.
func TestOverrides(t *testing.T) {
	var r Record
	before := r.Overrides
	r.Set([]Setting{{"QUORUM", "3"}, {"down-after-milliseconds", "9223372036854775807"}, {"parallel-syncs", "99999999999"}})
	c := Defaults().With(r.Overrides)
	if c.Quorum != 3 || c.DownAfter <= 0 || c.ParallelSyncs <= 0 || c.FailoverTimeout != Defaults().FailoverTimeout {
		t.Errorf("%+v", c)
	}
	if before != nil || r.Sets != 1 || len(r.LastSet) != 3 {
		t.Errorf("%+v", r)
	}
	older := r
	r.Set([]Setting{{"quorum", "1"}})
	if older.Overrides["quorum"] != "3" {
		t.Error("an older copy of the record was changed")
	}
	if c := Defaults().With(map[string]string{"quorum": "0", "later-option": "1"}); c != Defaults() {
		t.Errorf("%+v", c)
	}
}

func TestSettings(t *testing.T) {
	var s Settings
	if s.Value("announce-port") != "0" || s.Period("info-period").Seconds() != 10 || s.Value("nope") != "" {
		t.Error("the defaults are wrong")
	}
	changed := s.With([]Setting{{"info-period", "5"}, {"announce-port", "7"}, {SettingSimulate, CrashAfterElection}})
	if s.Values != nil || changed.Period("info-period").Milliseconds() != 5 || !changed.Simulates(CrashAfterElection) || changed.Simulates(CrashAfterPromotion) {
		t.Errorf("%+v", changed)
	}
}

func TestAnnounceIPIsOne(t *testing.T) {
	for value, want := range map[string]bool{
		"": true, "10.1.2.3": true, "2001:db8::1": true, "cache.example.org": true,
		"a b": false, "a\nb": false, "-a": false, "a;b": false, strings.Repeat("a", 300): false,
	} {
		if _, err := ParseConfigSetting(SettingAnnounceIP, value); (err == nil) != want {
			t.Errorf("%q: %v", value, err)
		}
	}
}
