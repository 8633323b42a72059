package k8s

import (
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// How long a pod may look as if nobody served there before clients are not sent to it any
// more. Until then the endpoints stay as they are: a failover is about to change them,
// and of two changes in a second kube-proxy would hold the second one back. One that
// has just become master may not be ready yet by its own kubelet's word.
const (
	absentFor  = 2 * time.Second
	unreadyFor = 5 * time.Second
)

// endpoint is where plain clients of a master are to be sent.
type endpoint struct {
	service masterService
	set     *setRow
	pods    []*podRow
	pod     *podRow // nil: nobody serves
	port    int
	ready   bool
	asOf    asOf
	process sentinel.Process
	// again is when to look once more, if not zero. keep: until then, nothing is changed.
	again time.Duration
	keep  bool
	// unlabelled: no label leads to the master where its endpoints cannot be written.
	unlabelled bool
}

// wanted tells where plain clients of a master are to be sent; false if that is nobody's
// business here: nobody asked for it, only observes the master, or knows one, or another service does.
func (e *endpoints) wanted(master string) (endpoint, bool) {
	pods := rows[*podRow](e.watch.pods, byMaster, master)
	m, v, _ := e.watch.claimed(master, pods)
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.masters[master]
	if m.set() == nil || s == nil || s.process.UID == "" || s.removed ||
		v.service.name == "" || v.config.Mode == sentinel.Observe || e.watch.rival(master, m.ownerUID(pods)) != nil {
		return endpoint{}, false
	}
	w := endpoint{service: v.service, set: m.set(), pods: pods, asOf: s.asOf, process: s.process, unlabelled: v.config.Unlabelled}
	for _, row := range pods {
		if row.uid == s.process.UID && row.ip != "" && !row.finished {
			w.pod, w.port = row, toPod(row, v.port, e.watch.announce).Addr.Port
		}
	}
	s.judge(&w, time.Now())
	return w, true
}

// judge decides whether the pod is good enough for clients. It takes the kubelet's word
// that it is not, and nobody's who only misses the kubelet: Redis may well be alive then.
func (s *served) judge(w *endpoint, now time.Time) {
	if w.pod != nil && !w.pod.unready {
		s.trouble, w.ready = time.Time{}, true
		return
	}
	if s.trouble.IsZero() || s.trouble.Before(s.since) {
		s.trouble = now
	}
	patience := absentFor
	if w.pod != nil {
		patience = unreadyFor
	}
	if w.again = patience - now.Sub(s.trouble); w.again <= 0 {
		w.again = 0
		return
	}
	w.keep, w.ready = w.pod == nil, true
}
