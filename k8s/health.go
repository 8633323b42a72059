package k8s

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Health knows what the API server refuses and since when it is not reached.
// Every call of this package tells it how it ended; it only watches and never
// holds a call back, so all are tried for ever. Its methods may be called by any
// goroutine.
type Health struct {
	namespace string
	log       logrus.FieldLogger
	changed   func([]string)

	mu      sync.Mutex
	refused map[call]refusal
	// outages are those under way: of each watched resource, since its list and watch may
	// hang on a connection of their own while other calls are answered, and of all the rest
	// together, under "".
	outages  map[string]outage
	reported []string

	awayChanged func(bool) // nil or told each change
	away        bool
}

// outage is a time without an answer.
type outage struct {
	text  string // its first error: later ones differ in local ports only
	since time.Time
}

func (o outage) String() string {
	return fmt.Sprintf("Kubernetes API not reached since %s: %s", o.since.UTC().Format(time.RFC3339), o.text)
}

// call is one kind of call to the API.
type call struct {
	verb     string
	resource resource
}

// resource is a resource's plural name with its API group, as a Role has them.
type resource struct{ name, group string }

var (
	podResource   = resource{name: "pods"}
	svcResource   = resource{name: "services"}
	nodeResource  = resource{name: "nodes"}
	setResource   = resource{"statefulsets", "apps"}
	leaseResource = resource{"leases", "coordination.k8s.io"}
	eventResource = resource{name: "events"}
	sliceResource = resource{"endpointslices", "discovery.k8s.io"}
)

// refusal is why the API server says no to a call.
type refusal struct {
	reason metav1.StatusReason
	text   string
	since  time.Time // no such call has worked
	last   time.Time // of the call that was refused last
}

// newHealth makes a Health without problems. changed may be nil; else it is told
// the whole list at each change, one call at a time.
func newHealth(namespace string, log logrus.FieldLogger, changed func([]string)) *Health {
	if changed == nil {
		changed = func([]string) {}
	}
	return &Health{namespace: namespace, log: log, changed: changed, refused: make(map[call]refusal), outages: make(map[string]outage)}
}

// Degraded says in words what does not work now, in a stable order; empty when
// all is well.
func (h *Health) Degraded() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.reported)
}

// longest is the oldest outage of those that count, the zero value without one.
func (h *Health) longest(counts func(way string) bool) outage {
	var oldest outage
	for way, o := range h.outages {
		if counts(way) && (oldest.since.IsZero() || o.since.Before(oldest.since)) {
			oldest = o
		}
	}
	return oldest
}

// note takes the end of a call.
func (h *Health) note(verb string, on resource, err error) { h.take("", verb, on, err) }

// noteSource takes the end of a call that keeps the view up to date. It tells whether the
// same call may end otherwise when it is tried again.
func (h *Health) noteSource(verb string, on resource, err error) (retry bool) {
	return h.take(on.name, verb, on, err)
}

func (h *Health) take(way, verb string, on resource, err error) (retry bool) {
	if errors.Is(err, context.Canceled) {
		return false
	}
	if throttled(err) {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	kind := call{verb, on}
	if answered(err) {
		delete(h.outages, way)
		delete(h.outages, "")
	}
	switch {
	case !answered(err):
		if _, known := h.outages[way]; !known {
			h.outages[way] = outage{err.Error(), time.Now()}
		}
		retry = true
	case harmless(err):
		delete(h.refused, kind)
	default:
		reason := apierrors.ReasonForError(err)
		// Texts may carry numbers that differ each time; one line a reason is enough.
		now := time.Now()
		r := refusal{reason: reason, text: h.explain(kind, err), since: now, last: now}
		if old, known := h.refused[kind]; known {
			r.since = old.since
			if old.reason == reason {
				r.text = old.text
			}
		}
		h.refused[kind] = r
		retry = passing(err)
	}
	h.report()
	if away := len(h.outages) > 0; away != h.away {
		h.away = away
		if h.awayChanged != nil {
			h.awayChanged(away)
		}
	}
	return retry
}

// report logs and passes on the list if it differs from the last one.
func (h *Health) report() {
	now := h.list()
	if slices.Equal(now, h.reported) {
		return
	}
	for _, text := range now {
		if !slices.Contains(h.reported, text) {
			h.log.WithField("problem", text).Warn("kubernetes access degraded")
		}
	}
	for _, text := range h.reported {
		if !slices.Contains(now, text) {
			h.log.WithField("problem", text).Info("kubernetes access recovered")
		}
	}
	h.reported = now
	h.changed(slices.Clone(now))
}

func (h *Health) list() []string {
	var all []string
	if longest := h.longest(ofAll); !longest.since.IsZero() {
		all = append(all, longest.String())
	}
	for _, r := range h.refused {
		all = append(all, r.text)
	}
	slices.Sort(all)
	return all
}

// explain says what a person has to grant or mend.
func (h *Health) explain(c call, err error) string {
	on := c.resource.name
	if c.resource.group != "" {
		on += " (API group " + c.resource.group + ")"
	}
	switch {
	case apierrors.IsForbidden(err) && c.resource == nodeResource:
		return fmt.Sprintf("may not %s nodes: grant verb %s on resource nodes to %s by a ClusterRole, or do without watching nodes",
			c.verb, c.verb, account(err.Error()))
	case apierrors.IsForbidden(err):
		return fmt.Sprintf("may not %s %s in namespace %s: grant verb %s on resource %s to %s",
			c.verb, c.resource.name, h.namespace, c.verb, on, account(err.Error()))
	case apierrors.IsUnauthorized(err):
		return fmt.Sprintf("may not %s %s: the API server does not accept our credentials", c.verb, c.resource.name)
	}
	return fmt.Sprintf("%s %s in namespace %s: %s", c.verb, c.resource.name, h.namespace, err)
}

// account finds who was refused in the API server's message, which has
// `User "system:serviceaccount:<namespace>:<name>" cannot`.
func account(message string) string {
	_, rest, _ := strings.Cut(message, `User "`)
	user, _, found := strings.Cut(rest, `"`)
	if !found {
		return "the service's ServiceAccount"
	}
	if name, ok := strings.CutPrefix(user, "system:serviceaccount:"); ok {
		return "ServiceAccount " + strings.Replace(name, ":", "/", 1)
	}
	return "user " + user
}

// answered tells whether the API server itself answered.
func answered(err error) bool {
	var status apierrors.APIStatus
	return err == nil || errors.As(err, &status)
}

// throttled tells that the call was not made: this process had too many others to make.
// client-go has no type for it.
func throttled(err error) bool {
	return err != nil && strings.Contains(err.Error(), "client rate limiter Wait returned an error")
}

// passing tells of a refusal that may end without the caller asking otherwise:
// somebody grants the right, or the server recovers.
func passing(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsTooManyRequests(err) ||
		apierrors.IsInternalError(err) || apierrors.IsServiceUnavailable(err)
}

// harmless tells whether the answer shows that the call is permitted and works,
// though it met another state than the caller thought.
func harmless(err error) bool {
	return err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) ||
		apierrors.IsGone(err) || apierrors.IsResourceExpired(err)
}
