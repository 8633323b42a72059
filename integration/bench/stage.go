package main

import (
	"context"
	"errors"
)

// stage is both servers, with the same number of masters. Each has a fleet of its own:
// they would undo each other's failovers.
type stage struct {
	masters      int
	ours, theirs *server
}

func open(ctx context.Context, o options, masters int) (*stage, error) {
	o.say("%s: starting both servers", count(masters, "master"))
	ours, err := startOurs(ctx, o, masters)
	if err != nil {
		return nil, err
	}
	theirs, err := startTheirs(ctx, o, masters)
	if err != nil {
		return nil, errors.Join(err, ours.stop())
	}
	s := &stage{masters: masters, ours: ours, theirs: theirs}
	for _, server := range s.both() {
		if err := server.rest(ctx); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

func (s *stage) close() error { return errors.Join(s.ours.stop(), s.theirs.stop()) }

// both in the order in which they are measured.
func (s *stage) both() [2]*server { return [2]*server{s.ours, s.theirs} }
