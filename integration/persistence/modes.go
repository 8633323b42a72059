package persistence

// Mode is a way to keep data on disk, of a master and of its replicas alike.
type Mode struct {
	Name string
	Args []string // of redis-server, beside those of one that keeps nothing
	// Saves: a snapshot begins with the measurement, as it does each minute in a server that
	// is written to, with Redis's own save points.
	Saves bool
}

// Modes are the rows of the table; the first one is what the others are compared with.
func Modes() []Mode {
	return []Mode{
		{Name: "none"},
		{Name: "RDB (snapshot going on)", Args: []string{"--save", "3600 1 300 100 60 10000"}, Saves: true},
		{Name: "AOF, `appendfsync everysec`", Args: []string{"--appendonly", "yes", "--appendfsync", "everysec"}},
		{Name: "AOF, `appendfsync always`", Args: []string{"--appendonly", "yes", "--appendfsync", "always"}},
	}
}
