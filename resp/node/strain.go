package node

import "bytes"

// strain is what INFO tells of how hard a process has it: of the sections stats and memory,
// which are as long as all others together, nothing else is kept.
type strain struct {
	resident, fullSyncs int64
}

// take reads one section.
func (s *strain) take(section []byte) {
	for line := range bytes.SplitSeq(section, []byte("\n")) {
		name, value, _ := bytes.Cut(bytes.TrimRight(line, "\r"), []byte(":"))
		switch string(name) {
		case "used_memory_rss":
			s.resident = amount(string(value))
		case "sync_full":
			s.fullSyncs = amount(string(value))
		}
	}
}
