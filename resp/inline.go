package resp

// splitInline cuts a line into arguments by the rules of Redis's sdssplitargs:
// blanks separate; double quotes take the escapes \n \r \t \b \a \xHH and \ before
// any other byte, single quotes only \'; a closing quote ends its argument. It
// reports false for unbalanced quotes.
//
// redcon's own splitting is not used: it has other rules for quotes and none for \x.
func splitInline(line []byte) (args [][]byte, ok bool) {
	for {
		for len(line) > 0 && isBlank(line[0]) {
			line = line[1:]
		}
		if len(line) == 0 {
			return args, true
		}
		var arg []byte
		if arg, line, ok = inlineArgument(line); !ok {
			return nil, false
		}
		args = append(args, arg)
	}
}

// inlineArgument takes one argument off the line. Quotes may open anywhere in it.
func inlineArgument(line []byte) (arg, rest []byte, ok bool) {
	arg = []byte{}
	for i := range line {
		switch c := line[i]; {
		case isBlank(c):
			return arg, line[i:], true
		case c == '"' || c == '\'':
			text, size := quoted(line[i:])
			end := i + size
			if size == 0 || (end < len(line) && !isBlank(line[end])) {
				return nil, nil, false
			}
			return append(arg, text...), line[end:], true
		default:
			arg = append(arg, c)
		}
	}
	return arg, nil, true
}

// quoted reads a quoted text including both quotes; size 0 means no closing quote.
func quoted(line []byte) (text []byte, size int) {
	quote := line[0]
	for i := 1; i < len(line); i++ {
		switch c := line[i]; {
		case c == quote:
			return text, i + 1
		case c == '\\' && quote == '\'' && i+1 < len(line) && line[i+1] == '\'':
			text = append(text, '\'')
			i++
		case c == '\\' && quote == '"' && i+1 < len(line):
			b, n := escape(line[i+1:])
			text = append(text, b)
			i += n
		default:
			text = append(text, c)
		}
	}
	return nil, 0
}

// escape reads what follows a backslash and tells how many bytes it took.
func escape(b []byte) (value byte, size int) {
	if b[0] == 'x' && len(b) >= 3 {
		high, ok1 := hexDigit(b[1])
		low, ok2 := hexDigit(b[2])
		if ok1 && ok2 {
			return high<<4 | low, 3
		}
	}
	switch b[0] {
	case 'n':
		return '\n', 1
	case 'r':
		return '\r', 1
	case 't':
		return '\t', 1
	case 'b':
		return '\b', 1
	case 'a':
		return '\a', 1
	}
	return b[0], 1
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// isBlank is C's isspace, and NUL, at which sdssplitargs stops an argument.
func isBlank(c byte) bool { return c == ' ' || ('\t' <= c && c <= '\r') || c == 0 }
