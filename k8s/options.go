package k8s

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// values are the options of one master in force.
type values struct {
	config  sentinel.Config
	port    int           // 0 = found from the containers
	service masterService // whose endpoints are written; none without a name
	// labelled: pods without a controller are members, too.
	labelled bool
}

func defaults() values { return values{config: sentinel.Defaults()} }

// cautious are in force in place of what cannot be read where nothing better was: a replica of
// the service that has just started knows no last good value, and must not take over what was
// to be observed, nor give up what somebody is to be asked about.
func cautious() values {
	v := defaults()
	v.config.Mode, v.config.OnTotalLoss = sentinel.Observe, sentinel.ManualLoss
	return v
}

// option is one annotation of a StatefulSet. set stores a valid text and tells
// whether it was one; keep carries the value in force over from old.
type option struct {
	name    string
	allowed string
	orElse  string // see cautious; empty for the default
	set     func(v *values, text string) bool
	keep    func(v, old *values)
}

const dayInMilliseconds = 24 * 60 * 60 * 1000

// options are all annotations that have a meaning.
var options = []option{
	milliseconds("down-after-milliseconds", func(v *values) *time.Duration { return &v.config.DownAfter }),
	milliseconds("failover-timeout", func(v *values) *time.Duration { return &v.config.FailoverTimeout }),
	number("parallel-syncs", 1, 1000, func(v *values) *int { return &v.config.ParallelSyncs }),
	number("quorum", 1, 1000, func(v *values) *int { return &v.config.Quorum }),
	seconds("min-replicas-max-lag", 1, 3600, func(v *values) *time.Duration { return &v.config.MaxLag }),
	number("port", 1, 65535, func(v *values) *int { return &v.port }),
	{
		name:    AnnotationService,
		allowed: "the name of a Service, or name:port with the name of its port",
		set: func(v *values, text string) bool {
			var err error
			v.service, err = parseMasterService(text)
			return err == nil
		},
		keep: func(v, old *values) { v.service = old.service },
	},
	{
		name:    Prefix + "on-total-loss",
		allowed: "accept or manual",
		orElse:  ", or manual where none is known",
		set: func(v *values, text string) bool {
			v.config.OnTotalLoss = sentinel.OnTotalLoss(text)
			return text == string(sentinel.AcceptLoss) || text == string(sentinel.ManualLoss)
		},
		keep: func(v, old *values) { v.config.OnTotalLoss = old.config.OnTotalLoss },
	},
	{
		name:    AnnotationPromote,
		allowed: "a pod's UID, then until, then a time such as 2026-01-02T15:04:05Z",
		set: func(v *values, text string) bool {
			var err error
			v.config.Promote, err = parseByHand(text)
			return err == nil
		},
		keep: func(v, _ *values) { v.config.Promote = sentinel.ByHand{} }, // nobody decided twice
	},
	{
		name:    AnnotationMembers,
		allowed: "owned or labelled",
		set: func(v *values, text string) bool {
			v.labelled = text == "labelled"
			return text == "labelled" || text == "owned"
		},
		keep: func(v, old *values) { v.labelled = old.labelled },
	},
	{
		name:    Prefix + "memory-only",
		allowed: "yes or no",
		set: func(v *values, text string) bool {
			v.config.MemoryOnly = text == "yes"
			return text == "yes" || text == "no"
		},
		keep: func(v, old *values) { v.config.MemoryOnly = old.config.MemoryOnly },
	},
	{
		name:    Prefix + "role-labels",
		allowed: "yes or no",
		set: func(v *values, text string) bool {
			v.config.Unlabelled = text == "no"
			return text == "yes" || text == "no"
		},
		keep: func(v, old *values) { v.config.Unlabelled = old.config.Unlabelled },
	},
	{
		name:    Prefix + "mode",
		allowed: "manage or observe",
		orElse:  ", or observe where none is known",
		set: func(v *values, text string) bool {
			v.config.Mode = sentinel.Mode(text)
			return text == string(sentinel.Manage) || text == string(sentinel.Observe)
		},
		keep: func(v, old *values) { v.config.Mode = old.config.Mode },
	},
}

// parseByHand reads "<UID> until <time>".
// lastYear is one that JSON has in every time zone.
const lastYear = 9998

func parseByHand(text string) (sentinel.ByHand, error) {
	uid, until, found := strings.Cut(text, " until ")
	if !found || uid == "" || strings.ContainsAny(uid, " /") {
		return sentinel.ByHand{}, fmt.Errorf("%q is not a UID, until, and a time", text)
	}
	at, err := time.Parse(time.RFC3339, until)
	if err == nil && at.Year() > lastYear {
		err = fmt.Errorf("%s: a time after %d", until, lastYear)
	}
	return sentinel.ByHand{UID: uid, Until: at.UTC()}, err
}

func number(name string, least, most int, field func(*values) *int) option {
	return option{
		name:    Prefix + name,
		allowed: fmt.Sprintf("%d to %d", least, most),
		set: func(v *values, text string) bool {
			n, err := strconv.Atoi(text)
			*field(v) = n
			return err == nil && n >= least && n <= most
		},
		keep: func(v, old *values) { *field(v) = *field(old) },
	}
}

// seconds are whole ones, as Redis counts replication lag.
func seconds(name string, least, most int, field func(*values) *time.Duration) option {
	return option{
		name:    Prefix + name,
		allowed: fmt.Sprintf("%d to %d (seconds)", least, most),
		set: func(v *values, text string) bool {
			n, err := strconv.Atoi(text)
			*field(v) = time.Duration(n) * time.Second
			return err == nil && n >= least && n <= most
		},
		keep: func(v, old *values) { *field(v) = *field(old) },
	}
}

func milliseconds(name string, field func(*values) *time.Duration) option {
	return option{
		name:    Prefix + name,
		allowed: fmt.Sprintf("1 to %d (milliseconds)", dayInMilliseconds),
		set: func(v *values, text string) bool {
			n, err := strconv.Atoi(text)
			*field(v) = time.Duration(n) * time.Millisecond
			return err == nil && n >= 1 && n <= dayInMilliseconds
		},
		keep: func(v, old *values) { *field(v) = *field(old) },
	}
}

// optionProblem is an annotation that has no effect.
type optionProblem struct {
	name, value string
	allowed     string // empty for a name that means nothing
	orElse      string // what is in force for a replica of the service that knows no good value
}

func (p optionProblem) String() string {
	if p.allowed == "" {
		return fmt.Sprintf("annotation %s=%q has no effect: no such option, known are %s", p.name, p.value, knownOptions())
	}
	return fmt.Sprintf("annotation %s=%q is refused: allowed is %s; the last good value stays%s", p.name, p.value, p.allowed, p.orElse)
}

func knownOptions() string {
	names := make([]string, len(options))
	for i, o := range options {
		names[i] = strings.TrimPrefix(o.name, Prefix)
	}
	return strings.Join(names, ", ")
}

// parseOptions reads the annotations of a StatefulSet. An option that is absent
// has its default, one that is invalid keeps the value it had in old.
func parseOptions(annotations map[string]string, old values) (values, []optionProblem) {
	now := defaults()
	var problems []optionProblem
	for _, o := range options {
		text, given := annotations[o.name]
		if given && !o.set(&now, text) {
			o.keep(&now, &old)
			problems = append(problems, optionProblem{o.name, text, o.allowed, o.orElse})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(annotations)) {
		known := name == LabelMaster || slices.ContainsFunc(options, func(o option) bool { return o.name == name })
		if !known {
			problems = append(problems, optionProblem{name: name, value: annotations[name]})
		}
	}
	return now, problems
}
