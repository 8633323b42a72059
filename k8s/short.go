package k8s

import "strings"

// What stands in a pod's or a StatefulSet's annotations is as long as its author likes, and
// is repeated to people: in Events and in logs. So it is cut.
const (
	// mostMessage is for an Event, in bytes: as much as the API server takes in the
	// newer form of Events.
	mostMessage = 1000
	// mostAddress is for an annotation with an address: a host has 253 letters at most.
	mostAddress = 300
)

// short is the beginning of a text that is longer.
func short(text string, most int) string {
	const mark = "..."
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len(mark)], "") + mark
}
