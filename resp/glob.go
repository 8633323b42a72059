package resp

// Glob matches text against a pattern by Redis's rules (util.c, stringmatchlen),
// byte by byte: `*` any run, `?` any byte, `[abc]`, `[^abc]` and `[a-c]` classes,
// `\` takes the next byte literally. A class that is never closed ends with the
// pattern. Its time is bounded by len(pattern)*len(text): only the last `*` is
// ever tried again, since an earlier one cannot do better.
func Glob(pattern, text string) bool { return glob(pattern, text, false) }

// GlobFold is Glob without regard to ASCII case.
func GlobFold(pattern, text string) bool { return glob(pattern, text, true) }

func glob(pattern, text string, fold bool) bool {
	p, t := 0, 0
	star, resume := -1, 0 // where the last `*` was, and the text it has taken so far
	for t < len(text) {
		if p < len(pattern) && pattern[p] == '*' {
			star, resume = p, t
			p++
			continue
		}
		if p < len(pattern) {
			if next, ok := matchOne(pattern, p, text[t], fold); ok {
				p, t = next, t+1
				continue
			}
		}
		if star < 0 {
			return false
		}
		resume++
		p, t = star+1, resume
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// matchOne matches one byte with the pattern's element at p and returns where the
// next element begins.
func matchOne(pattern string, p int, c byte, fold bool) (next int, ok bool) {
	switch pattern[p] {
	case '?':
		return p + 1, true
	case '[':
		return matchClass(pattern, p+1, c, fold)
	case '\\':
		if p+1 < len(pattern) {
			p++
		}
	}
	return p + 1, same(pattern[p], c, fold)
}

// matchClass reads a class whose first byte after `[` is at p. Redis's oddities are
// kept: `]` closes at once, so `[]` matches nothing, and a range may be given backwards.
func matchClass(pattern string, p int, c byte, fold bool) (next int, ok bool) {
	negated := p < len(pattern) && pattern[p] == '^'
	if negated {
		p++
	}
	for p < len(pattern) && pattern[p] != ']' {
		switch {
		case pattern[p] == '\\' && p+1 < len(pattern):
			p++
			ok = ok || pattern[p] == c
		case p+2 < len(pattern) && pattern[p+1] == '-':
			ok = ok || inRange(pattern[p], pattern[p+2], c, fold)
			p += 2
		default:
			ok = ok || same(pattern[p], c, fold)
		}
		p++
	}
	return min(p+1, len(pattern)), ok != negated
}

func inRange(from, to, c byte, fold bool) bool {
	if from > to {
		from, to = to, from
	}
	if fold {
		from, to, c = lower(from), lower(to), lower(c)
	}
	return from <= c && c <= to
}

func same(a, b byte, fold bool) bool {
	return a == b || (fold && lower(a) == lower(b))
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
