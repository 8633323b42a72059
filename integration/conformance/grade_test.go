package conformance

import (
	"regexp"
	"slices"
	"strings"
)

// A grade says how much of an answer must be equal.
const (
	gradeExact  = "exact"
	gradeSorted = "sorted" // a list in any order
	gradeShape  = "shape"  // kinds and names of fields only
	gradeCode   = "code"   // an error's first word only
)

// varying are fields whose values are ages, offsets or numbers of connections.
var varying = map[string]bool{
	"last-ok-ping-reply": true, "last-ping-reply": true, "last-ping-sent": true, "info-refresh": true,
	"role-reported-time": true, "s-down-time": true, "o-down-time": true, "slave-repl-offset": true, "last-hello-message": true, "link-pending-commands": true,
	"id": true, "age-seconds": true, "client-info": true,
}

var (
	runID      = regexp.MustCompile(`\b[0-9a-f]{40}\b`)
	clientVary = regexp.MustCompile(`\b(id|addr|laddr|fd|age|idle|qbuf|qbuf-free|argv-mem|rbs|rbp|obl|oll|omem|tot-mem)=\S*`)
)

// mask hides what differs from run to run.
func mask(v value) value {
	items := make([]value, len(v.items))
	for i, item := range v.items {
		if i > 0 && varying[v.items[i-1].text] && (item.kind == '$' || item.kind == ':' || item.kind == ',') {
			item.text = "<n>"
		}
		items[i] = mask(item)
	}
	v.items = items
	v.text = runID.ReplaceAllString(v.text, "<runid>")
	if strings.Contains(v.text, " laddr=") {
		v.text = clientVary.ReplaceAllString(v.text, "$1=<n>")
	}
	return v
}

// render prints an answer as far as the grade compares it.
func render(v value, grade string) string {
	v = mask(v)
	switch grade {
	case gradeSorted:
		slices.SortStableFunc(v.items, func(a, b value) int { return strings.Compare(a.print(), b.print()) })
	case gradeShape:
		if v.kind == '$' {
			return infoShape(v.text)
		}
		return shape(v)
	case gradeCode:
		code, _, _ := strings.Cut(v.text, " ")
		return string(v.kind) + code
	}
	return v.print()
}

// shape is an answer without its values.
func shape(v value) string {
	switch v.kind {
	case '*', '~', '>':
		var kinds []string
		for _, item := range v.items {
			if s := shape(item); !slices.Contains(kinds, s) {
				kinds = append(kinds, s)
			}
		}
		slices.Sort(kinds)
		return listNames[v.kind] + "[" + strings.Join(kinds, " ") + "]"
	case '%':
		var fields []string
		for i := 0; i+1 < len(v.items); i += 2 {
			fields = append(fields, v.items[i].text+"="+shape(v.items[i+1]))
		}
		return "map{" + strings.Join(fields, " ") + "}"
	}
	return string(v.kind)
}

// infoShape keeps the names of sections and fields of an INFO text.
func infoShape(text string) string {
	names := []string{"$"}
	for line := range strings.SplitSeq(text, "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		if strings.HasPrefix(name, "acl_access_denied_") { // since 7.2
			continue
		}
		names = append(names, name)
	}
	return strings.Join(names, "\n")
}
