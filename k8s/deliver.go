package k8s

import (
	"reflect"
	"slices"
	"sync"

	"k8s.io/client-go/tools/cache"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// delivery is what the handler knows. One goroutine owns it.
type delivery struct {
	*Watch
	handler Handler
	sets    map[string]sentinel.Set
	peers   []sentinel.Peer
}

// deliver assembles and passes on what changed until the queue is shut down.
// Everything in the queue when it begins belongs to the first view.
func (w *Watch) deliver(handler Handler) {
	d := &delivery{Watch: w, handler: handler, sets: make(map[string]sentinel.Set)}
	for range w.dirty.Len() {
		d.next()
	}
	close(w.synced)
	for d.next() {
	}
}

// next delivers one entry of the queue; false when the queue is shut down.
func (d *delivery) next() bool {
	master, shutdown := d.dirty.Get()
	if shutdown {
		return false
	}
	defer d.dirty.Done(master)
	if master == allPeers {
		d.deliverPeers()
	} else {
		d.deliverSet(master)
	}
	return true
}

func (d *delivery) deliverSet(master string) {
	old, known := d.sets[master]
	set, exists := d.assemble(master)
	d.joined.replace(master, set)
	d.touched(master)
	switch {
	case !exists && known:
		delete(d.sets, master)
		d.settings.forget(master)
		d.handler.SetGone(master)
	case exists && (!known || !reflect.DeepEqual(old, set)):
		d.sets[master] = set
		d.handler.SetChanged(set)
	}
}

func (d *delivery) deliverPeers() {
	var all []*peerRow
	for _, object := range d.Watch.peers.GetStore().List() {
		all = append(all, object.(*peerRow))
	}
	d.problems.replace(allPeers, missentinel(all))
	peers := toPeers(all, d.options.PodName, d.options.SentinelPort)
	if !slices.EqualFunc(d.peers, peers, samePeer) {
		d.peers = peers
		d.handler.PeersChanged(peers)
	}
}

func samePeer(a, b sentinel.Peer) bool {
	return a.ID == b.ID && a.Addr == b.Addr && a.Ready == b.Ready && a.SDown == b.SDown && a.SDownTime.Equal(b.SDownTime)
}

// assemble makes the set of a master out of the stores and reports what is wrong
// with its declaration. It tells whether there is such a master at all.
func (w *Watch) assemble(master string) (sentinel.Set, bool) {
	pods := rows[*podRow](w.pods, byMaster, master)
	m, v, wrong := w.claimed(master, pods)
	if len(m.claims) == 0 && len(pods) == 0 {
		w.problems.forget(master)
		return sentinel.Set{}, false
	}
	if m.renamed != "" {
		w.problems.replace(master, refuseName(master, m.renamed, m.set()))
		return sentinel.Set{}, false
	}
	wrong = append(wrong, rivals(master, m, pods)...)
	wrong = append(wrong, w.unfit(master, m)...)
	wrong = append(wrong, shared(master, m, w.rival(master, m.ownerUID(pods)))...)
	w.problems.replace(master, append(wrong, misannotated(master, pods)...))
	return w.complete(master, m, pods, v), true
}

// unfit reports a certificate that Redis refuses from clients, who are its replicas as well.
func (w *Watch) unfit(master string, m membership) []problem {
	if w.options.Unfit == nil || m.set() == nil {
		return nil
	}
	why := w.options.Unfit()
	if why == "" {
		return nil
	}
	return []problem{{UnfitCertificate, master, setRef(m.set().identity), why +
		"; servers that ask for certificates refuse it from their replicas and from the service (tls-auth-clients no asks for none)"}}
}

// members cuts a live list of pods down to those that belong to a master, by the
// StatefulSets as the informer knows them.
func (w *Watch) members(master string, pods []*podRow) []sentinel.Pod {
	m, v, _ := w.claimed(master, pods)
	return w.complete(master, m, pods, v).Pods
}

// claimed finds who claims a master, and so whose pods are its set, and the options in
// force for it.
func (w *Watch) claimed(master string, pods []*podRow) (membership, values, []problem) {
	sets := rows[*setRow](w.sets, byMaster, master)
	for _, pod := range pods { // a template need not carry the label that its pods have
		known := pod.owner == "" || slices.ContainsFunc(sets, func(s *setRow) bool { return s.name == pod.owner })
		if set := w.set(pod.owner); !known && set != nil {
			sets = append(sets, set)
		}
	}
	m := membership{claims: claims(master, sets, pods), joined: w.joined.in(master)}
	v, wrong := w.inForce(master, m.claims)
	m.labelled, m.renamed = v.labelled, w.renamed(master, m.set())
	return m, v, wrong
}

// inForce are a master's options, and what is wrong with how they are given.
func (w *Watch) inForce(master string, all []claim) (values, []problem) {
	if len(all) == 0 || all[0].set == nil {
		return w.settings.inForce(master), nil
	}
	v, refused := w.settings.read(master, all[0].set)
	wrong := make([]problem, len(refused))
	for i, r := range refused {
		wrong[i] = problem{InvalidOption, master, setRef(all[0].set.identity), r.String()}
	}
	return v, wrong
}

// set is the StatefulSet of a name, nil if there is none.
func (w *Watch) set(name string) *setRow {
	row, found, err := w.sets.GetStore().GetByKey(cache.ObjectName{Namespace: w.options.Namespace, Name: name}.String())
	if !found || err != nil {
		return nil
	}
	return row.(*setRow)
}

// settings are the options in force: what a refused annotation falls back to.
type settings struct {
	mu   sync.Mutex
	good map[string]values
}

func newSettings() *settings { return &settings{good: make(map[string]values)} }

// read takes the annotations of the StatefulSet behind a master into force.
func (s *settings) read(master string, set *setRow) (values, []optionProblem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, known := s.good[master]
	if !known {
		old = cautious()
	}
	v, wrong := parseOptions(set.options, old)
	s.good[master] = v
	return v, wrong
}

// inForce are the last good values, for a master whose StatefulSet is not known.
func (s *settings) inForce(master string) values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.old(master)
}

func (s *settings) forget(master string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.good, master)
}

func (s *settings) old(master string) values {
	if v, ok := s.good[master]; ok {
		return v
	}
	return defaults()
}
