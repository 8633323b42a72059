package sentinel

import (
	"errors"
	"fmt"
)

// Several versions of this service read and write the same record while it is upgraded
// or downgraded. So a record has the number of its format, and these rules hold:
//
//   - A field is only ever added. It keeps its type and its meaning, and its absence means
//     what was so before it existed.
//   - Who does not know a field leaves it as it is, with the value that it belongs to
//     (package k8s). So it may be older than what stands beside it: Format is that of
//     the last writer, and with a lower one than the field has, the field may be out of date.
//   - What a version that does not know it would do wrong with needs more than a field: its
//     writer sets Needs, in a release after the one that understands it, so that one release
//     can be gone back. A version that is too old leaves the record alone (TooNew).
//
// Format 2 is the first for which all that is true. Versions before it, which wrote no
// number, drop every field that they do not know, and do not look at Needs. Format 2 itself
// has no other field, so that it can be mixed with them. Format 3 has Record.Owner, format 4
// Record.Settled, Record.FenceMaxLag and Record.TargetFenceMaxLag.

// Format is the highest that this version understands, and the one that it writes.
const Format = 4

// formatOfLags is that of FenceMaxLag and TargetFenceMaxLag.
const formatOfLags = 4

// ErrTooNew is why something is left alone that a later version of the service wrote.
var ErrTooNew = errors.New("this version of the service is too old for it")

// Stored is what a value has that is kept in Kubernetes.
type Stored struct {
	// Format is that of the version that wrote it last; 0 means 1.
	Format int `json:"format,omitempty"`
	// Needs is the format that a version must understand at least to write it, or to act
	// on it; 0 for all.
	Needs int `json:"needs,omitempty"`
	// Version is the resourceVersion that a write must meet; "" creates.
	Version string `json:"-"`
	// Text is all that was stored, where that has fields which this version does not know;
	// else "". It means nothing here, and a write takes them from it.
	Text string `json:"-"`
}

// TooNew is nil if this version may write the value and act on it, else ErrTooNew.
func (s Stored) TooNew() error {
	if s.Needs <= Format {
		return nil
	}
	return fmt.Errorf("%w: it needs format %d, and the highest that is known is %d", ErrTooNew, s.Needs, Format)
}

// TooNew is also told of a phase that is not known: there is no way to go on from it.
func (r Record) TooNew() error {
	switch r.Phase {
	case NoRecord, Stable, Switching, Failing, Promoting:
		return r.Stored.TooNew()
	}
	return fmt.Errorf("%w: its phase is %q", ErrTooNew, r.Phase)
}
