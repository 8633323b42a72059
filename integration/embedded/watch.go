package embedded

import (
	"fmt"
	"strconv"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
)

// watcher passes on the changes that one caller wants. Its queue has no bound, so
// that one who is slow holds up nobody and misses nothing.
type watcher struct {
	resource  schema.GroupResource
	namespace string
	selector  labels.Selector
	leave     func()

	mu    sync.Mutex
	queue []watch.Event
	wake  chan struct{} // holds one token while there is something in the queue
	out   chan watch.Event
	done  chan struct{}
	once  sync.Once
}

// watch is follow for those who read a channel.
func (s *store) watch(k kind, namespace string, selector labels.Selector, since string) (watch.Interface, error) {
	w, err := s.follow(k, namespace, selector, since)
	if err != nil {
		return nil, err
	}
	go w.run()
	return w, nil
}

// follow begins with all that is there, or, when the caller names the version of
// its list, with what changed since.
func (s *store) follow(k kind, namespace string, selector labels.Selector, since string) (*watcher, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &watcher{
		resource: k.resource, namespace: namespace, selector: selector,
		wake: make(chan struct{}, 1), out: make(chan watch.Event), done: make(chan struct{}),
	}
	if since == "" || since == "0" {
		for _, o := range s.selected(k, namespace, selector) {
			w.push(watch.Added, o)
		}
	} else if err := s.replay(w, since); err != nil {
		return nil, err
	}
	w.leave = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, w)
	}
	s.watchers[w] = struct{}{}
	return w, nil
}

func (s *store) replay(w *watcher, since string) error {
	version, err := strconv.ParseInt(since, 10, 64)
	if err != nil {
		return apierrors.NewBadRequest(fmt.Sprintf("resourceVersion %q: want a number", since))
	}
	if version < s.forgot {
		return apierrors.NewResourceExpired(fmt.Sprintf("too old resource version: %d (%d)", version, s.forgot))
	}
	for _, c := range s.history {
		if c.version > version {
			w.see(c)
		}
	}
	return nil
}

// see takes a change. To a watcher an object that no longer matches is gone.
func (w *watcher) see(c change) {
	if c.resource != w.resource {
		return
	}
	was, is := w.wants(c.was), w.wants(c.is)
	switch {
	case is && !was:
		w.push(watch.Added, c.is)
	case is:
		w.push(watch.Modified, c.is)
	case was:
		gone := copied(c.was)
		gone.SetResourceVersion(strconv.FormatInt(c.version, 10))
		w.push(watch.Deleted, gone)
	}
}

// mark tells a watcher the version that it has seen everything of.
func (s *store) mark(w *watcher, bookmark object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bookmark.SetResourceVersion(strconv.FormatInt(s.version, 10))
	w.push(watch.Bookmark, bookmark)
}

func (w *watcher) wants(o object) bool {
	return o != nil && (w.namespace == "" || w.namespace == o.GetNamespace()) && w.selector.Matches(labels.Set(o.GetLabels()))
}

func (w *watcher) push(what watch.EventType, o object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = append(w.queue, watch.Event{Type: what, Object: copied(o)})
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *watcher) run() {
	defer close(w.out)
	for {
		select {
		case <-w.done:
			return
		case <-w.wake:
		}
		for _, event := range w.take() {
			select {
			case <-w.done:
				return
			case w.out <- event:
			}
		}
	}
}

func (w *watcher) take() []watch.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	events := w.queue
	w.queue = nil
	return events
}

// Stop ends the watch; it may be called more than once.
func (w *watcher) Stop() {
	w.once.Do(func() {
		w.leave()
		close(w.done)
	})
}

// ResultChan returns the channel of the events, which is closed after Stop.
func (w *watcher) ResultChan() <-chan watch.Event { return w.out }
