package resp

// Pattern is a glob by Redis's rules (util.c, stringmatchlen), read once and matched byte
// by byte: `*` any run, `?` any byte, `[abc]`, `[^abc]` and `[a-c]` classes, `\` takes the
// next byte literally. A class that is never closed ends with the pattern.
//
// A text that is shorter than the pattern asks for is refused at once. So one match takes
// fewer steps than the square of the text's length, however the pattern is made.
type Pattern struct {
	elements []element
	classes  []class
	least    int // bytes that a text must have
	fold     bool
}

// element matches one byte, or for anyRun any number of them.
type element struct {
	kind  elementKind
	byte  byte
	class int32 // in Pattern.classes
}

type elementKind uint8

const (
	oneByte elementKind = iota
	anyByte
	anyRun // never two in a row
	oneOf
)

// Compile reads a pattern. There is none that cannot be read.
func Compile(pattern string) *Pattern { return compile(pattern, false) }

// CompileFold reads one that has no regard to ASCII case.
func CompileFold(pattern string) *Pattern { return compile(pattern, true) }

// Glob is for a pattern that is matched once.
func Glob(pattern, text string) bool { return Compile(pattern).Match(text) }

func compile(pattern string, fold bool) *Pattern {
	g := &Pattern{fold: fold}
	for p := 0; p < len(pattern); {
		p = g.read(pattern, p)
	}
	return g
}

// read adds the element at p and returns where the next one begins.
func (g *Pattern) read(pattern string, p int) (next int) {
	switch pattern[p] {
	case '*':
		if last := len(g.elements) - 1; last < 0 || g.elements[last].kind != anyRun {
			g.elements = append(g.elements, element{kind: anyRun})
		}
		return p + 1
	case '?':
		g.add(element{kind: anyByte})
		return p + 1
	case '[':
		members, next := readClass(pattern, p+1, g.fold)
		g.add(element{kind: oneOf, class: int32(len(g.classes))})
		g.classes = append(g.classes, members)
		return next
	case '\\':
		if p+1 < len(pattern) {
			p++
		}
	}
	c := pattern[p]
	if g.fold {
		c = lower(c)
	}
	g.add(element{kind: oneByte, byte: c})
	return p + 1
}

func (g *Pattern) add(e element) {
	g.elements = append(g.elements, e)
	g.least++
}

// Match tells whether the whole text matches.
func (g *Pattern) Match(text string) bool {
	ok, _ := g.match(text)
	return ok
}

// match counts its steps. Only the last `*` is ever tried again, since an earlier one
// cannot do better.
func (g *Pattern) match(text string) (ok bool, steps int) {
	if len(text) < g.least {
		return false, 0
	}
	p, t := 0, 0
	star, resume := -1, 0 // where the last `*` was, and the text it has taken so far
	for t < len(text) {
		steps++
		switch {
		case p < len(g.elements) && g.elements[p].kind == anyRun:
			star, resume = p, t
			p++
		case p < len(g.elements) && g.takes(g.elements[p], text[t]):
			p, t = p+1, t+1
		case star < 0:
			return false, steps
		default:
			resume++
			p, t = star+1, resume
		}
	}
	if p < len(g.elements) && g.elements[p].kind == anyRun {
		p++
	}
	return p == len(g.elements), steps
}

func (g *Pattern) takes(e element, c byte) bool {
	switch e.kind {
	case anyByte:
		return true
	case oneOf:
		return g.classes[e.class].has(c)
	}
	if g.fold {
		c = lower(c)
	}
	return e.byte == c
}

// class is a set of bytes.
type class [4]uint64

func (s *class) add(c byte) { s[c>>6] |= 1 << (c & 63) }

func (s *class) has(c byte) bool { return s[c>>6]&(1<<(c&63)) != 0 }

// readClass reads a class whose first byte after `[` is at p. Redis's oddities are
// kept: `]` closes at once, so `[]` matches nothing, a range may be given backwards, and
// an escaped byte has regard to case.
func readClass(pattern string, p int, fold bool) (s class, next int) {
	negated := p < len(pattern) && pattern[p] == '^'
	if negated {
		p++
	}
	for p < len(pattern) && pattern[p] != ']' {
		switch {
		case pattern[p] == '\\' && p+1 < len(pattern):
			p++
			s.add(pattern[p])
		case p+2 < len(pattern) && pattern[p+1] == '-':
			s.addRange(pattern[p], pattern[p+2], fold)
			p += 2
		default:
			s.addRange(pattern[p], pattern[p], fold)
		}
		p++
	}
	if negated {
		for i := range s {
			s[i] = ^s[i]
		}
	}
	return s, min(p+1, len(pattern))
}

// addRange adds all bytes between two, both included.
func (s *class) addRange(from, to byte, fold bool) {
	if from > to {
		from, to = to, from
	}
	if !fold {
		for c := int(from); c <= int(to); c++ {
			s.add(byte(c))
		}
		return
	}
	from, to = lower(from), lower(to)
	for c := range 256 {
		if folded := lower(byte(c)); from <= folded && folded <= to {
			s.add(byte(c))
		}
	}
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
