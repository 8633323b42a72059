package monitor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// The names of control connections. By them a leader finds those of others: it ends the
// ones of older terms, and gives no order where one of a later term is connected. Any client
// of a Redis may take any name, so that a later term is believed only with its seal, which
// is made of what no client of a Redis can know. Whoever repeats a seal that he has seen in
// CLIENT LIST names a term that has begun, and is cut off by its leader.

// controlName begins the names; the leader's term follows, and behind dots the seal of that
// term and what tells the connections of one leader apart.
const controlName = "ctl-"

// connName names a connection of a term; kind and number tell it from others.
func connName(term uint64, seal, kind string, number uint64) string {
	if seal != "" {
		seal += "."
	}
	return fmt.Sprintf("%s%d.%s%s%d", controlName, term, seal, kind, number)
}

// older tells whether a leader of this term ends the connection of that name; the error is
// sentinel.ErrOvertaken at one of a later term. Without a seal all are believed.
func older(name string, term uint64, seal func(uint64) string, keep []string) (bool, error) {
	rest, ours := strings.CutPrefix(name, controlName)
	number, rest, _ := strings.Cut(rest, ".")
	n, err := strconv.ParseUint(number, 10, 64)
	if !ours || err != nil || slices.Contains(keep, name) {
		return false, nil
	}
	if n > term && strings.HasPrefix(rest, seal(n)) {
		return false, fmt.Errorf("%w, in term %d; this one in term %d", sentinel.ErrOvertaken, n, term)
	}
	return true, nil
}
