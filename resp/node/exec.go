package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// sections are those of INFO that are read; several in one command are known since
// Redis 7.0 only.
var sections = []string{"server", "replication", "persistence", "keyspace"}

// reading is the end of each transaction.
var reading = func() script {
	var s script
	for _, section := range sections {
		s.add("INFO", section)
	}
	s.add("ROLE")
	s.add("EXEC")
	return s
}()

var multi = newScript("MULTI")

// snapshotOnly is a whole transaction that changes nothing.
var snapshotOnly = transaction(script{}, script{})

func transaction(before, change script) script {
	var whole script
	for _, part := range []script{before, multi, change, reading} {
		whole.bytes = append(whole.bytes, part.bytes...)
		whole.names = append(whole.names, part.names...)
	}
	return whole
}

// exec runs change and the reading of the state in one transaction, after what is not
// part of it.
func (c *Conn) exec(ctx context.Context, before, change script) (s sentinel.Snapshot, err error) {
	whole := snapshotOnly
	if before.bytes != nil || change.bytes != nil {
		whole = transaction(before, change)
	}
	err = c.exchange(ctx, whole, func(r *replies) (err error) {
		r.parser.begin(&c.same)
		s, err = r.transaction(whole.names, len(change.names))
		return err
	})
	return s, err
}

// transaction reads the answers to all commands, each of which may be a refusal, and
// then what EXEC gives: the first refusal is told, with the name of its command; the
// arguments may hold a secret.
func (r *replies) transaction(names []string, changes int) (sentinel.Snapshot, error) {
	var refused error
	note := func(name string, err error) error {
		if _, is := asRefusal(err); !is {
			return err
		}
		if refused == nil {
			refused = fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	for _, name := range names[:len(names)-1] {
		if err := note(name, r.skip()); err != nil {
			return sentinel.Snapshot{}, err
		}
	}
	n, err := r.array()
	if err = note("EXEC", err); err != nil || refused != nil && n == 0 {
		return sentinel.Snapshot{}, errors.Join(err, refused)
	}
	if want := changes + len(sections) + 1; n != want {
		return sentinel.Snapshot{}, fmt.Errorf("reply: EXEC gave %d, want %d", n, want)
	}
	inner := names[len(names)-1-n : len(names)-1]
	for i, name := range inner {
		if i < changes || i == n-1 {
			err = r.skip()
		} else {
			var text []byte
			if text, err = r.text(); err == nil {
				r.parser.section(text)
			}
		}
		if err = note(name, err); err != nil {
			return sentinel.Snapshot{}, err
		}
	}
	if refused != nil {
		return sentinel.Snapshot{}, refused
	}
	return r.parser.snapshot()
}
