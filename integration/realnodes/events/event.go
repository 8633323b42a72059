package events

import (
	"context"
	"math"
	"time"
)

// Event is something that happens to a set, and a row of the table.
type Event struct {
	Key  string // short, for flags
	Name string // as the table has it
	Aim  string
	// Do lets it happen once and says what it cost.
	Do func(ctx context.Context, s *Stage) (Round, error)
	// Tells are the figures that its row has.
	Tells []Teller
	// Slow events take a minute or more.
	Slow bool
	// Loses events take what no replica has been sent yet, or every process that had the
	// data: what is lost then is no fault.
	Loses bool
	// Kills ends a server between two system calls, or its wire between two packets: it may
	// have answered a client, and the same write has not reached its replicas. That is one
	// write for each connection.
	Kills bool
}

// mayLose is how many acknowledged writes a round may lose without a fault.
func (e Event) mayLose() int {
	switch {
	case e.Loses:
		return math.MaxInt
	case e.Kills:
		return writersAtOnce + 1 // the plain client's
	default:
		return 0
	}
}

// Round is what one occurrence cost.
type Round struct {
	// Gap is the writer's longest time without an acknowledged write, through Sentinel.
	Gap time.Duration
	// Plain is the same for a client that knows Service -master only.
	Plain time.Duration
	// Whole is the time until three processes had the data again.
	Whole time.Duration
	// Took is the figure of an event that is not about gaps.
	Took time.Duration

	Lost   int // acknowledged writes, of both writers
	Acked  int
	Beside bool // the service's leader was on the node to which it happened
	// Demoted is the time until a master that came back was one no more, and Misled how many
	// writes it took until then from a client that went straight to it.
	Demoted  time.Duration
	Misled   int
	Switches int // by how much the epoch rose
	Asked    int // connections of clients that only ask
	Refused  int // those of them that had no answer
	// Unordered is why the history of reads and writes is not linearizable, if it is not.
	Unordered string
}

// Events are the rows in the order of the table.
func Events() []Event {
	return []Event{
		install, crash, crashLoop, outOfMemory, deletePod, drain, upgrade, rollback, evictAll,
		kubeletStopped, containerdKilled, kubeletRestarted, nodeCut, nodeKilled,
		leaderAndMaster, everybody, serviceRollout,
	}
}
