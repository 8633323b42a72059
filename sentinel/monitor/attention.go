package monitor

import (
	"context"
	"io"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
)

// A replica of the service that is not run for a while, because it was stopped or is short
// of CPU, does not hear what is said meanwhile, and silence that nobody listened to
// proves nothing. A Sentinel has TILT for that and acts on nothing for 30 s; here such
// time is only not counted as silence.

const (
	attendEvery = 100 * time.Millisecond
	// inattentive is a pause between two looks that is no mere lateness.
	inattentive = 3 * attendEvery
	// worthTelling is one that explains what people may wonder about.
	worthTelling = time.Second
)

// attention measures for how long this process did not attend.
type attention struct {
	born time.Time
	last atomic.Int64 // look, in nanoseconds after born
	lost atomic.Int64 // nanoseconds
}

func newAttention(now time.Time) *attention { return &attention{born: now} }

// run looks at the clock until ctx is done. With an echo a look ends when its answer has
// come: what a process that is short of CPU is told waits in its sockets, and there such an
// answer waits as long. A clock alone is looked at in time even then.
func (a *attention) run(ctx context.Context, log logrus.FieldLogger, echo io.ReadWriter) {
	look := time.NewTicker(attendEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			hear(echo)
			if gap := a.attend(time.Now()); gap > worthTelling {
				log.WithField("component", "monitor").Warnf("this process was not run for %s: it counts nobody as silent for that", gap.Round(time.Millisecond))
			}
		}
	}
}

// hear waits for the answer of an echo, if there is one. One that is broken answers at once.
func hear(echo io.ReadWriter) {
	if echo == nil {
		return
	}
	var word [1]byte
	if _, err := echo.Write(word[:]); err == nil {
		_, _ = echo.Read(word[:])
	}
}

// attend notes a look and returns the time that was lost before it.
func (a *attention) attend(now time.Time) time.Duration {
	at := int64(now.Sub(a.born))
	gap := lostIn(time.Duration(at - a.last.Load()))
	a.lost.Add(int64(gap)) // before last: who looks in between sees the gap twice, not never
	a.last.Store(at)
	return gap
}

// missed is all the time that was lost so far, with what is being lost now.
func (a *attention) missed(now time.Time) time.Duration {
	gap := now.Sub(a.born) - time.Duration(a.last.Load())
	return time.Duration(a.lost.Load()) + lostIn(gap)
}

// lostIn is how much of the time between two looks was lost.
func lostIn(gap time.Duration) time.Duration {
	if gap <= inattentive {
		return 0
	}
	return gap - attendEvery
}
