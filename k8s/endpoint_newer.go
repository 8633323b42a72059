package k8s

import (
	"context"
	"time"

	"github.com/sirupsen/logrus"
	discoveryv1 "k8s.io/api/discovery/v1"
)

// A slice that follows a newer record than ours is left alone: we are not the leader any
// more, or have yet to hear of it. But epochs begin again where somebody has deleted the Lease
// and no replica lived that knew them, and a slice may be from before that. So the record is
// read: no slice follows one that has yet to be written. That needs nothing in the slice, so
// it holds for those of earlier versions, too.

// ahead is a slice that looked newer than the record.
type ahead struct {
	asOf  asOf
	since time.Time
	told  bool
}

// outlived tells that a slice which looks newer than what we want follows a record that is
// no more.
func (e *endpoints) outlived(ctx context.Context, have, want *discoveryv1.EndpointSlice) bool {
	master := want.Labels[LabelMaster]
	record, err := e.get(ctx, master)
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.masters[master]
	if err == nil && record.Exists() && s.asOf == asOfSlice(want) {
		return true
	}
	// What was read may be newer than what we want: then the master is in the queue by now.
	e.noteAhead(s, have)
	return false
}

// noteAhead tells people of a slice that stays ahead: nothing moves its clients any more.
func (e *endpoints) noteAhead(s *served, slice *discoveryv1.EndpointSlice) {
	asOf := asOfSlice(slice)
	if s.ahead.asOf != asOf {
		s.ahead = ahead{asOf: asOf, since: time.Now()}
	}
	if s.ahead.told || time.Since(s.ahead.since) < 2*surveyEvery {
		return
	}
	s.ahead.told = true
	e.log.WithFields(logrus.Fields{
		"master": slice.Labels[LabelMaster], "slice": slice.Name, "slice-as-of": asOf.String(), "as-of": s.asOf.String(),
	}).Warn("endpoints of the master's Service are left as they are: they follow a newer record than is known here")
}
