package command

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
)

// The prefixes of CLIENT TRACKING ON BCAST: kept only to be told by TRACKINGINFO, ordered
// and without repetition as Redis keeps them (checkPrefixCollisionsOrReply).

// prefixBytes is what a prefix costs beside its bytes.
const prefixBytes = 16

// overlap is Redis's refusal of a prefix that begins another one; of those of one request
// each is compared with what the session has and then with those after it.
func (t *tracking) overlap(prefixes []string) string {
	for i, prefix := range prefixes {
		for _, has := range t.prefixes {
			if nested(prefix, has) {
				return fmt.Sprintf(errPrefixOverlaps, prefix, "an existing", has)
			}
		}
		for _, other := range prefixes[i+1:] {
			if nested(prefix, other) {
				return fmt.Sprintf(errPrefixOverlaps, prefix, "another provided", other)
			}
		}
	}
	return ""
}

func nested(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }

// tooMany is a bound that Redis has not: a session may keep as much here as with its
// subscriptions.
func (t *tracking) tooMany(s *resp.Session, prefixes []string) string {
	options := s.Server().Options()
	if len(t.prefixes)+len(prefixes) > options.MaxSubscriptions || length(t.prefixes)+length(prefixes) > options.MaxSubscriptionBytes {
		return errManyPrefixes
	}
	return ""
}

// length is with what a text costs beside its bytes.
func length(texts []string) int {
	n := 0
	for _, text := range texts {
		n += len(text) + prefixBytes
	}
	return n
}

// joined are all prefixes after a request; with BCAST and none there is the empty one.
func (t *tracking) joined(asked tracking) []string {
	if asked.bcast && len(asked.prefixes) == 0 {
		asked.prefixes = []string{""}
	}
	all := slices.Concat(t.prefixes, asked.prefixes)
	slices.Sort(all)
	return slices.Compact(all)
}
