package sentinel

import "strings"

// Info is the text of INFO, kept for SENTINEL INFO-CACHE. Most of it is the same for
// every instance: the headings and the names of the fields. That part is shared, so
// that thirty thousand of these texts take a quarter of the memory.
type Info struct {
	// shape are the lines without values; one that ends with a colon has one.
	shape *string
	// values are those, in order, each with a line end.
	values string
}

// NewInfo makes one of a text whose names nobody shares.
func NewInfo(text string) Info {
	var b InfoBuilder
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		b.Line([]byte(strings.TrimSuffix(line, "\r")))
	}
	return b.Info()
}

// String is the text as Redis wrote it.
func (i Info) String() string {
	if i.shape == nil {
		return ""
	}
	var text strings.Builder
	values := i.values
	for line := range strings.Lines(*i.shape) {
		line = line[:len(line)-1]
		text.WriteString(line)
		if strings.HasSuffix(line, ":") {
			var value string
			value, values, _ = strings.Cut(values, "\n")
			text.WriteString(value)
		}
		text.WriteString("\r\n")
	}
	return text.String()
}

// InfoBuilder makes one Info after the other; those of the same shape share it.
type InfoBuilder struct {
	shape, values []byte
	known         [4]*string // of late
	next          int
}

// Line adds a line without its end. It is not kept.
func (b *InfoBuilder) Line(line []byte) {
	for i, c := range line {
		if c == ':' {
			b.values = append(append(b.values, line[i+1:]...), '\n')
			line = line[:i+1]
			break
		}
	}
	b.shape = append(append(b.shape, line...), '\n')
}

// Info ends a text.
func (b *InfoBuilder) Info() Info {
	made := Info{shape: b.shared(), values: string(b.values)}
	b.shape, b.values = b.shape[:0], b.values[:0]
	return made
}

func (b *InfoBuilder) shared() *string {
	for _, known := range b.known {
		if known != nil && *known == string(b.shape) {
			return known
		}
	}
	shape := string(b.shape)
	b.known[b.next] = &shape
	b.next = (b.next + 1) % len(b.known)
	return &shape
}
