package sentinel

import (
	"maps"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Settings are the options of the service itself: those of SENTINEL CONFIG SET, of
// SENTINEL DEBUG and SENTINEL SIMULATE-FAILURE. They hold for every replica of the
// service and outlive its restarts. A Settings is a value: its map is never changed.
type Settings struct {
	Stored
	// Seq counts the writes, so that an older copy is known when it comes late.
	Seq uint64 `json:"seq"`
	// Values are the options that were changed; all others have their defaults.
	Values map[string]string `json:"values,omitempty"`
}

// Names of single settings.
const (
	SettingAnnounceIP   = "announce-ip"
	SettingAnnouncePort = "announce-port"
	SettingLogLevel     = "loglevel"
	SettingSentinelPass = "sentinel-pass"
	SettingSentinelUser = "sentinel-user"
	SettingInfoPeriod   = "info-period"
	SettingPingPeriod   = "ping-period"
	SettingSimulate     = "simulate-failure" // words of SIMULATE-FAILURE, by commas
	CrashAfterElection  = "crash-after-election"
	CrashAfterPromotion = "crash-after-promotion"
	settingMaxMillis    = 1<<31 - 1
)

// ConfigSettings are those of SENTINEL CONFIG with their defaults, in the order in
// which GET tells them (sentinel.c, sentinelConfigGetCommand; loglevel since 7.2). The
// addresses that they announce are kept and told, no more: a client that follows one gives
// it the password, so that replicas of the service are told by the addresses that
// Kubernetes has of them.
var ConfigSettings = []Setting{
	{"resolve-hostnames", "no"},
	{"announce-hostnames", "no"},
	{SettingAnnounceIP, ""},
	{SettingAnnouncePort, "0"},
	{SettingSentinelUser, ""},
	{SettingSentinelPass, ""},
	{SettingLogLevel, "notice"},
}

// DebugSettings are those of SENTINEL DEBUG, all in milliseconds, in its order.
var DebugSettings = []Setting{
	{SettingInfoPeriod, "10000"},
	{SettingPingPeriod, "1000"},
	{"ask-period", "1000"},
	{"publish-period", "2000"},
	{"default-down-after", "30000"},
	{"default-failover-timeout", "180000"},
	{"tilt-trigger", "2000"},
	{"tilt-period", "30000"},
	{"slave-reconf-timeout", "10000"},
	{"min-link-reconnect-period", "15000"},
	{"election-timeout", "10000"},
	{"script-max-runtime", "60000"},
	{"script-retry-delay", "30000"},
}

// ParseConfigSetting checks an option of SENTINEL CONFIG SET and returns it in its
// proper spelling. Errors: ErrUnknownOption, ErrInvalidValue.
func ParseConfigSetting(name, value string) (Setting, error) {
	s := Setting{Option: strings.ToLower(name), Value: value}
	if !contains(ConfigSettings, s.Option) {
		return Setting{}, ErrUnknownOption
	}
	switch s.Option {
	case "resolve-hostnames", "announce-hostnames":
		s.Value = strings.ToLower(value)
		return s, valid(s.Value == "yes" || s.Value == "no")
	case SettingAnnouncePort:
		n, ok := number(value)
		return s, valid(ok && n >= 0 && n <= 65535)
	case SettingAnnounceIP:
		return s, valid(value == "" || isHost(value))
	case SettingLogLevel:
		s.Value = strings.ToLower(value)
		return s, valid(LogLevels[s.Value])
	}
	return s, nil
}

// LogLevels are Redis's words for loglevel.
var LogLevels = map[string]bool{"debug": true, "verbose": true, "notice": true, "warning": true, "nothing": true}

// ParseDebugSetting checks an option of SENTINEL DEBUG. Errors: as above.
func ParseDebugSetting(name, value string) (Setting, error) {
	s := Setting{Option: strings.ToLower(name), Value: value}
	if !contains(DebugSettings, s.Option) {
		return Setting{}, ErrUnknownOption
	}
	n, ok := number(value)
	return s, valid(ok && n > 0 && n <= settingMaxMillis)
}

// isHost tells whether a text is an IP address or could be a name.
func isHost(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"
	return len(text) <= 253 && strings.Trim(text, allowed) == "" && text[0] != '-'
}

func valid(ok bool) error {
	if ok {
		return nil
	}
	return ErrInvalidValue
}

// number reads a decimal without sign, blanks or leading zeros.
func number(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && text == strconv.FormatInt(n, 10)
}

func contains(list []Setting, option string) bool {
	for _, s := range list {
		if s.Option == option {
			return true
		}
	}
	return false
}

// Value is what a setting is now; "" for an unknown one.
func (s Settings) Value(option string) string {
	if value, changed := s.Values[option]; changed {
		return value
	}
	for _, list := range [][]Setting{ConfigSettings, DebugSettings} {
		for _, standard := range list {
			if standard.Option == option {
				return standard.Value
			}
		}
	}
	return ""
}

// Period is a setting of SENTINEL DEBUG as a time.
func (s Settings) Period(option string) time.Duration {
	n, _ := number(s.Value(option))
	return time.Duration(n) * time.Millisecond
}

// With has these settings changed.
func (s Settings) With(changes []Setting) Settings {
	values := maps.Clone(s.Values)
	if values == nil {
		values = make(map[string]string, len(changes))
	}
	for _, c := range changes {
		values[c.Option] = c.Value
	}
	s.Values = values
	return s
}

// Simulates tells whether a crash is to be simulated at this point.
func (s Settings) Simulates(point string) bool {
	for word := range strings.SplitSeq(s.Values[SettingSimulate], ",") {
		if word == point {
			return true
		}
	}
	return false
}
