package main

// A row is one line of the table: what was measured, what it should be, and what it
// is beside the real Sentinel. Every text is ready to print; Figures has the numbers.
type row struct {
	What     string `json:"what"`
	Goal     string `json:"goal,omitempty"`   // The key of one; empty: measured for its own sake.
	Size     int    `json:"size,omitempty"`   // How many masters, or subscribers, there were.
	Measured string `json:"measured"`         // This service.
	Beside   string `json:"beside,omitempty"` // The real redis-sentinel, or what else it is compared with.
	Ratio    string `json:"ratio,omitempty"`  // Ours / theirs.
	Note     string `json:"note,omitempty"`   // What a reader must know to read it right.

	// Figures are the numbers behind the texts by name, with the unit in the name
	// ("requests/s", "server CPU us/request").
	Figures map[string]spread `json:"figures,omitempty"`
}

// spread is a median with the least and the greatest of its runs.
type spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// A curve is a cost over the number of masters, for the picture: X and Y have the
// same length. Curves of the same unit are drawn into one panel.
type curve struct {
	Name string    `json:"name"`
	Unit string    `json:"unit"` // "s", "MB", "% of a core"
	X    []float64 `json:"x"`    // Masters.
	Y    []float64 `json:"y"`
}

// options are what the command line says.
type options struct {
	form
	service string // the service's binary
	dir     string // a directory of our own for logs and configurations, removed at the end
	only    string // a regular expression: which figures to measure, empty for all
	fleet   int    // be the modelled servers of so many masters, and nothing else
	say     func(format string, args ...any)
}
