package conformance

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// value is one reply as it came over the wire, in either protocol version.
type value struct {
	kind  byte // the first byte; '_' for every kind of null
	text  string
	items []value
}

func readValue(r *bufio.Reader) (value, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return value{}, err
	}
	line = strings.TrimSuffix(line, "\r\n")
	v := value{kind: line[0], text: line[1:]}
	if strings.IndexByte("$=*%~>", v.kind) < 0 {
		return v, nil
	}
	n, err := strconv.Atoi(v.text)
	if err != nil {
		return v, fmt.Errorf("length of %q: %w", line, err)
	}
	switch {
	case n < 0:
		return value{kind: '_', text: line}, nil
	case v.kind == '$' || v.kind == '=':
		data := make([]byte, n+2)
		_, err = io.ReadFull(r, data)
		v.text = string(data[:n])
		return v, err
	case v.kind == '%':
		n *= 2
	}
	v.text = ""
	for range n {
		item, err := readValue(r)
		if err != nil {
			return v, err
		}
		v.items = append(v.items, item)
	}
	return v, nil
}

// print renders a value as redis-cli does, a little plainer. The kinds of nulls and
// of lists stay visible: clients depend on them.
func (v value) print() string {
	switch v.kind {
	case '+':
		return v.text
	case '-':
		return "(error) " + v.text
	case ',':
		return "(double) " + v.text
	case ':':
		return "(integer) " + v.text
	case '$':
		return strconv.Quote(v.text)
	case '=':
		return "(verbatim) " + strconv.Quote(v.text)
	case '_':
		return "(nil " + v.text + ")"
	}
	return v.printItems()
}

var listNames = map[byte]string{'*': "array", '%': "map", '~': "set", '>': "push"}

func (v value) printItems() string {
	if len(v.items) == 0 {
		return "(empty " + listNames[v.kind] + ")"
	}
	lines := []string{"(" + listNames[v.kind] + ")"}
	if v.kind == '%' {
		for i := 0; i+1 < len(v.items); i += 2 {
			lines = append(lines, indent(v.items[i].print()+" => "+v.items[i+1].print()))
		}
		return strings.Join(lines, "\n")
	}
	for i, item := range v.items {
		lines = append(lines, indent(fmt.Sprintf("%d) %s", i+1, item.print())))
	}
	return strings.Join(lines, "\n")
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(text, "\n", "\n  ")
}
