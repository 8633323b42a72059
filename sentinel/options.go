package sentinel

import (
	"errors"
	"maps"
	"math"
	"strings"
	"time"
)

// The options that SENTINEL SET changes, under its own names.
const (
	OptionDownAfter       = "down-after-milliseconds"
	OptionFailoverTimeout = "failover-timeout"
	OptionParallelSyncs   = "parallel-syncs"
	OptionQuorum          = "quorum"
	OptionRebootDownAfter = "master-reboot-down-after-period"
)

// The refusals of ParseOption.
var (
	// ErrUnknownOption: no option of a master is called so.
	ErrUnknownOption = errors.New("unknown option")
	// ErrInvalidValue: not an integer, or not in the option's range.
	ErrInvalidValue = errors.New("invalid value")
)

// leastValues are the smallest value of each option (sentinel.c, sentinelSetCommand).
var leastValues = map[string]int64{
	OptionDownAfter: 1, OptionFailoverTimeout: 1, OptionParallelSyncs: 1, OptionQuorum: 1, OptionRebootDownAfter: 0,
}

// ParseOption checks one option as SENTINEL SET does and returns its proper
// spelling, whatever the case it was given in. Values are decimal integers, those of
// times in milliseconds. Errors: ErrUnknownOption, ErrInvalidValue.
func ParseOption(name, value string) (option string, err error) {
	option = strings.ToLower(name)
	least, known := leastValues[option]
	if !known {
		return "", ErrUnknownOption
	}
	n, ok := number(value)
	return option, valid(ok && n >= least)
}

// With is the configuration with options of SENTINEL SET over it. What ParseOption
// would refuse is passed over: it was written by a version that knew more.
func (c Config) With(overrides map[string]string) Config {
	for name, value := range overrides {
		option, err := ParseOption(name, value)
		n, _ := number(value)
		if err != nil {
			continue
		}
		switch option {
		case OptionDownAfter:
			c.DownAfter = milliseconds(n)
		case OptionFailoverTimeout:
			c.FailoverTimeout = milliseconds(n)
		case OptionParallelSyncs:
			c.ParallelSyncs = count(n)
		case OptionQuorum:
			c.Quorum = count(n)
		}
	}
	return c
}

// milliseconds is the longest Duration for what would not fit.
func milliseconds(n int64) time.Duration {
	return time.Duration(min(n, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
}

func count(n int64) int { return int(min(n, math.MaxInt32)) }

// Setting is one option with its value, as SENTINEL SET was given it.
type Setting struct {
	Option string `json:"option"`
	Value  string `json:"value"`
}

// Set keeps what SENTINEL SET asked for. The map of other copies of the record is
// left alone.
func (r *Record) Set(settings []Setting) {
	overrides := maps.Clone(r.Overrides)
	if overrides == nil {
		overrides = map[string]string{}
	}
	for _, s := range settings {
		overrides[strings.ToLower(s.Option)] = s.Value
	}
	r.Overrides, r.LastSet = overrides, settings
	r.Sets++
}

// config is what is in force: what the StatefulSet's annotations say, and over it
// what SENTINEL SET said.
func (m *Machine) config() Config { return m.set.Config.With(m.rec.Overrides) }
