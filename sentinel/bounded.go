package sentinel

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// A record is an annotation, and Kubernetes allows an object 256 KiB of these. A record that
// does not fit cannot be written, and its set not fail over any more. What can become long
// in one is what others have said: names and errors, and that for each pod of a large set.
// So it is cut when it is written. What decides is never cut: who is master, who follows.
const (
	// mostText is what a record has of one text, mostErrText what is repeated of an error,
	// in bytes.
	mostText    = 1 << 10
	mostErrText = 256
	// mostDecision is for a choice with all its candidates, as it is stored. A record has
	// two at most.
	mostDecision = 32 << 10
)

// Bounded is the record as it is written: with texts of at most 1 KiB, and of its decisions
// as much as fits into 32 KiB each. What is cut says so.
func (r Record) Bounded() Record {
	r.Reason = cut(r.Reason, mostText)
	r.Decision = r.Decision.Bounded()
	if r.Refusal != nil {
		refusal := *r.Refusal
		refusal.Reason, refusal.Message = cut(refusal.Reason, mostText), cut(refusal.Message, mostText)
		refusal.Decision = refusal.Decision.Bounded()
		r.Refusal = &refusal
	}
	if r.Requested != nil {
		requested := *r.Requested
		requested.By = cut(requested.By, mostText)
		r.Requested = &requested
	}
	return r
}

// Bounded is the decision itself if it is not too long. Of a longer one the texts are cut,
// and then the candidates left out that matter least: who was chosen stays, then those who
// could have been.
func (d *Decision) Bounded() *Decision {
	if d == nil || d.length() <= mostDecision && stored(d) <= mostDecision {
		return d
	}
	b := *d
	b.Chosen, b.Rule, b.Reason = cut(d.Chosen, mostErrText), cut(d.Rule, mostErrText), cut(d.Reason, mostErrText)
	b.Candidates = nil
	all := slices.Clone(d.Candidates)
	slices.SortStableFunc(all, func(a, b Candidate) int { return cmp.Compare(d.weight(b), d.weight(a)) })
	room := mostDecision - stored(b) - len(`,"omitted":1000000`)
	for _, c := range all {
		c = c.bounded()
		if room -= stored(c) + len(","); room < 0 {
			break
		}
		b.Candidates = append(b.Candidates, c)
	}
	b.Omitted = d.Omitted + len(d.Candidates) - len(b.Candidates)
	return &b
}

// weight is how much a candidate says about the choice.
func (d *Decision) weight(c Candidate) int {
	switch {
	case c.Pod == d.Chosen:
		return 2
	case c.Refused == "":
		return 1
	}
	return 0
}

func (c Candidate) bounded() Candidate {
	for _, text := range []*string{&c.Pod, &c.ReplID, &c.Node, &c.Zone, &c.RunID, &c.Refused} {
		*text = cut(*text, mostErrText)
	}
	return c
}

// length of all texts, each as it is.
func (d *Decision) length() int {
	n := len(d.Chosen) + len(d.Rule) + len(d.Reason)
	for _, c := range d.Candidates {
		n += len(c.Pod) + len(c.ReplID) + len(c.Node) + len(c.Zone) + len(c.RunID) + len(c.Refused)
	}
	return n
}

// stored is how many bytes a value takes in the annotation: what is no plain letter takes
// up to six.
func stored(value any) int {
	text, _ := json.Marshal(value) // of texts and numbers, there is no error
	return len(text)
}

// cut shortens a text to so many bytes, and shows that it did.
func cut(text string, most int) string {
	const mark = "..."
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len(mark)], "") + mark
}
