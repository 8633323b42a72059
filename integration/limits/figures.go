package limits

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Column is a server with a memory limit.
type Column struct {
	Title   string
	Program string // redis-server of the PATH, or one of integration/versions
	Limit   string
	Set     []string // values of the chart
	Dies    bool     // its master is expected to be killed
}

// former are the values that the chart once had; the buffer of a replica was Redis's own.
var former = []string{
	"redis.maxmemoryPercent=75", "redis.config.repl-backlog-size=16mb",
	"redis.config.client-output-buffer-limit=replica 256mb 64mb 60",
	"redis.extraEnv[0].name=MALLOC_CONF", "redis.extraEnv[0].value=",
}

// Columns are those of the tables: the chart's own Redis with all limits, the others with one.
func Columns() []Column {
	var all []Column
	for _, limit := range []string{"128Mi", "256Mi", "1Gi", "4Gi"} {
		all = append(all, Column{Title: "Redis 8.0, " + limit, Program: "redis-8.0", Limit: limit})
	}
	return append(all,
		Column{Title: "Redis 6.2, 256Mi", Program: "redis-6.2", Limit: "256Mi"},
		Column{Title: "Redis 7.0, 256Mi", Program: "redis-server", Limit: "256Mi"},
		Column{Title: "Valkey 8.1, 256Mi", Program: "valkey-8.1", Limit: "256Mi"},
		Column{Title: "Redis 8.0, 128Mi, as it was", Program: "redis-8.0", Limit: "128Mi", Set: former, Dies: true},
	)
}

// Loads are the rows.
func Loads() (all []Load) {
	for _, size := range []int{1000, 10_000} {
		all = append(all, Load{1, 1, size}, Load{20, 1, size}, Load{20, 16, size})
	}
	return all
}

// Figures are what one run has measured.
type Figures struct {
	Commit  string // of the tree that measured
	Within  time.Duration
	Results []Result
}

// Read reads figures from a file.
func Read(path string) (f Figures, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(text, &f)
}

// Write writes them to a file.
func (f Figures) Write(path string) error {
	text, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// Whole says what is missing for the tables; nil when nothing is.
func (f Figures) Whole() error {
	for _, c := range Columns() {
		for _, load := range Loads() {
			for _, replicas := range []int{1, 2} {
				if f.find(c.Title, load, replicas) == nil {
					return fmt.Errorf("%s, %s, %d replicas: not measured", c.Title, load, replicas)
				}
			}
		}
	}
	return nil
}

func (f Figures) find(column string, load Load, replicas int) *Result {
	for n := range f.Results {
		if r := &f.Results[n]; r.Column == column && r.Load == load && r.Replicas == replicas {
			return r
		}
	}
	return nil
}

// Tables are the figures in Markdown, a row for each load, four columns a table.
func (f Figures) Tables() string {
	var titles []string
	for _, r := range f.Results {
		if !slices.Contains(titles, r.Column) {
			titles = append(titles, r.Column)
		}
	}
	var out strings.Builder
	for titles := range slices.Chunk(titles, 4) {
		fmt.Fprintf(&out, "\n| written meanwhile | replicas | %s |\n| --- | --- |%s\n", strings.Join(titles, " | "), strings.Repeat(" --- |", len(titles)))
		for _, load := range f.loads() {
			for _, replicas := range []int{1, 2} {
				fmt.Fprintf(&out, "| %s | %d |", load, replicas)
				for _, title := range titles {
					out.WriteString(" " + f.find(title, load, replicas).cell() + " |")
				}
				out.WriteString("\n")
			}
		}
	}
	return out.String() + "\n"
}

func (f Figures) loads() (all []Load) {
	for _, r := range f.Results {
		if !slices.Contains(all, r.Load) {
			all = append(all, r.Load)
		}
	}
	return all
}

// cell is a result in a table: what came of it, peaks of master and replica in MiB, rate.
func (r *Result) cell() string {
	if r == nil {
		return ""
	}
	return fmt.Sprintf("%s; %d, %d; %d MB/s", r.outcome(), r.MasterPeak>>20, r.ReplicaPeak>>20, r.Rate/1_000_000)
}

func (r *Result) outcome() string {
	switch {
	case r.Killed != nil:
		return "**" + strings.Join(r.Killed, " and ") + " killed**"
	case r.InSync > 0:
		return fmt.Sprintf("%.1f s", r.InSync.Seconds())
	}
	return fmt.Sprintf("cut, %d times begun", r.Syncs)
}

// String is a result for a log.
func (r Result) String() string {
	return fmt.Sprintf("%s, %s, %d replicas, maxmemory %d MiB: %s (MiB: master, replica); buffers %d MiB, copied on write %d MiB, %d syncs", r.Column, r.Load, r.Replicas, r.Maxmemory>>20, r.cell(), r.Buffers>>20, r.CopyOnWrite>>20, r.Syncs)
}
