package clients

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Languages are the folders with programs, in the order of the table; those with few
// programs share a stage.
var Languages = []string{"go", "java", "python", "node", "rust+php+ruby+perl+tools"}

// Mechanism is how a library learns of a new master.
type Mechanism string

// The mechanisms that there are.
const (
	// Events: it listens to the Sentinels.
	Events Mechanism = "events"
	// Poll: it asks them, every Period.
	Poll Mechanism = "poll"
	// Reconnect: it asks them when its connection has ended or a write was refused.
	Reconnect Mechanism = "reconnect"
)

// Program is one line of the matrix: a library in one of its modes.
type Program struct {
	Language string   `json:"language"` // that of its folder
	Library  string   `json:"library"`
	Mode     string   `json:"mode"`
	Version  string   `json:"version"`
	Run      []string `json:"run"`

	Mechanism Mechanism `json:"mechanism"`
	// Period is that of Poll. Delay is what the library adds of its own, and Why says
	// where that is from.
	Period Duration `json:"period"`
	Delay  Duration `json:"delay"`
	Why    string   `json:"why"`
	// Absent is the delay that it adds while two of three Sentinels are gone.
	Absent Duration `json:"absent"`
	// Polling is how many commands a second it sends to the Sentinels by its own rules.
	Polling float64 `json:"polling"`
	// Burst is how many it sends in the second of a failover, by its own rules and so
	// under real Sentinels too, where that is more than the matrix allows to others;
	// BurstWhy says by which rules.
	Burst    int    `json:"burst"`
	BurstWhy string `json:"burstWhy"`
	// UnknownBurst is the same for a name that no Sentinel knows, where a library's own
	// rests between its attempts may begin with milliseconds.
	UnknownBurst int `json:"unknownBurst"`

	Reads            bool `json:"reads"`
	SentinelPassword bool `json:"sentinelPassword"`
	RedisPassword    bool `json:"redisPassword"`
	TLS              bool `json:"tls"`
	Hostnames        bool `json:"hostnames"`
	// Cannot says why the library cannot take part in a scenario.
	Cannot map[string]string `json:"cannot"`

	// Key is the key that a write leaves; List is where writes are pushed instead.
	Key    string `json:"key"`
	List   string `json:"list"`
	Writes *bool  `json:"writes"`
	// Snippet is the file that README shows.
	Snippet string `json:"snippet"`
}

// Duration is a time.Duration, in JSON as Go writes it.
type Duration time.Duration

// UnmarshalJSON reads "1.5s".
func (d *Duration) UnmarshalJSON(text []byte) error {
	plain, err := strconv.Unquote(string(text))
	if err != nil {
		return err
	}
	if plain == "" {
		return nil
	}
	parsed, err := time.ParseDuration(plain)
	*d = Duration(parsed)
	return err
}

// MarshalJSON writes it as it is read.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// Name is unique, and fit for a key and a file.
func (p Program) Name() string {
	return strings.NewReplacer(" ", "-", "/", "-", ".", "-").Replace(p.Language + "-" + p.Library + "-" + p.Version + "-" + p.Mode)
}

// String is how a person reads it.
func (p Program) String() string { return p.Library + " " + p.Version + " " + p.Mode }

// Writer says whether it writes at all; a tool like the exporter does not.
func (p Program) Writer() bool { return p.Writes == nil || *p.Writes }

// Bound is how long after +switch-master its first write may be acknowledged.
func (p Program) Bound(scenario string) time.Duration {
	bound := time.Second
	if p.Mechanism == Poll {
		bound = 2 * time.Duration(p.Period)
	}
	if scenario == OneLeft {
		bound += time.Duration(p.Absent)
	}
	return bound + time.Duration(p.Delay)
}

// KeyOf is the key of write n by the program that was told this NAME.
func (p Program) KeyOf(name string, n int) string {
	pattern := p.Key
	if pattern == "" {
		pattern = "{name}:{n}"
	}
	return strings.NewReplacer("{name}", name, "{n}", strconv.Itoa(n)).Replace(pattern)
}

// listOf is the list that writes are pushed on.
func (p Program) listOf(name string) string { return strings.ReplaceAll(p.List, "{name}", name) }

// Load reads the programs of these languages from the folder of this package.
func Load(folder string, languages []string) ([]Program, error) {
	var all []Program
	for _, language := range languages {
		text, err := os.ReadFile(filepath.Join(folder, language, "programs.json"))
		if err != nil {
			return nil, err
		}
		var programs []Program
		if err := json.Unmarshal(text, &programs); err != nil {
			return nil, fmt.Errorf("%s/programs.json: %w", language, err)
		}
		for i := range programs {
			programs[i].Language = language
			if err := programs[i].validate(); err != nil {
				return nil, fmt.Errorf("%s/programs.json: %s: %w", language, programs[i], err)
			}
		}
		all = append(all, programs...)
	}
	return all, nil
}

func (p Program) validate() error {
	switch {
	case p.Library == "" || p.Version == "" || len(p.Run) == 0:
		return errors.New("library, version and run must be set")
	case !slices.Contains([]Mechanism{Events, Poll, Reconnect}, p.Mechanism):
		return fmt.Errorf("mechanism %q: want events, poll or reconnect", p.Mechanism)
	case p.Mechanism == Poll && p.Period <= 0:
		return errors.New("a poller has a period")
	case p.Delay+p.Absent > 0 && p.Why == "":
		return errors.New("a delay needs its why")
	case p.Burst+p.UnknownBurst > 0 && p.BurstWhy == "":
		return errors.New("a burst needs its burstWhy")
	}
	return nil
}
