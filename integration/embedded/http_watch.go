package embedded

import (
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/serializer/streaming"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/watch"
	restwatch "k8s.io/client-go/rest/watch"
)

// markEvery is how often a quiet watcher is told how far it is.
const markEvery = time.Minute

// watch streams changes until the caller leaves or its time is over. A caller who
// does not read harms nobody: its events wait in memory.
func (c *call) watch(w http.ResponseWriter, selector labels.Selector, options metav1.ListOptions) error {
	watcher, err := c.begin(selector, options)
	if err != nil {
		return err
	}
	defer watcher.Stop()
	stream, over, mark := c.stream(w), timeout(options), time.NewTicker(markEvery)
	defer mark.Stop()
	for ending := false; !ending; {
		select {
		case <-c.request.Context().Done():
			return nil
		case <-over:
			// Who comes back must not have to read all again because others have
			// changed much and it has heard nothing.
			ending = true
			c.mark(watcher, options, nil)
		case <-mark.C:
			c.mark(watcher, options, nil)
		case <-watcher.wake:
		}
		if !stream.send(watcher.take()) {
			return nil
		}
	}
	return nil
}

// begin starts a plain watch, or a list that is streamed as its first events.
func (c *call) begin(selector labels.Selector, options metav1.ListOptions) (*watcher, error) {
	if options.SendInitialEvents == nil && options.ResourceVersionMatch == "" {
		return c.api.store.follow(c.kind, c.namespace, selector, options.ResourceVersion)
	}
	if c.api.NoWatchList {
		return nil, badWatch("sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled")
	}
	streams := options.SendInitialEvents != nil && *options.SendInitialEvents && options.AllowWatchBookmarks
	if !streams || options.ResourceVersionMatch != metav1.ResourceVersionMatchNotOlderThan {
		return nil, badWatch("served here only with bookmarks and resourceVersionMatch NotOlderThan")
	}
	watcher, err := c.api.store.follow(c.kind, c.namespace, selector, "") // the newest is not older
	if err == nil {
		c.mark(watcher, options, map[string]string{metav1.InitialEventsAnnotationKey: "true"})
	}
	return watcher, err
}

// badWatch is Invalid: the word at which client-go turns to an ordinary list.
func badWatch(why string) error {
	return apierrors.NewInvalid(metav1.SchemeGroupVersion.WithKind("ListOptions").GroupKind(), "", field.ErrorList{
		field.Forbidden(field.NewPath("sendInitialEvents"), why),
	})
}

// timeout is nil, which is never, unless the caller says when.
func timeout(options metav1.ListOptions) <-chan time.Time {
	if options.TimeoutSeconds == nil || *options.TimeoutSeconds <= 0 {
		return nil
	}
	return time.After(time.Duration(*options.TimeoutSeconds) * time.Second)
}

// mark sends a bookmark, if the caller can read it.
func (c *call) mark(w *watcher, options metav1.ListOptions, annotations map[string]string) {
	if !options.AllowWatchBookmarks {
		return
	}
	bookmark := c.kind.empty()
	bookmark.SetAnnotations(annotations)
	c.api.store.mark(w, bookmark)
}

// stream writes events as they come.
type stream struct {
	kind    kind
	encoder *restwatch.Encoder
	control *http.ResponseController
}

// stream begins the answer, so that the caller knows at once that it is served.
func (c *call) stream(w http.ResponseWriter) *stream {
	media := c.format.MediaType
	if !c.format.EncodesAsText {
		media += ";stream=watch"
	}
	w.Header().Set("Content-Type", media)
	w.WriteHeader(http.StatusOK)
	frames := c.format.StreamSerializer.NewFrameWriter(w)
	s := &stream{
		kind:    c.kind,
		encoder: restwatch.NewEncoder(streaming.NewEncoder(frames, c.format.StreamSerializer.Serializer), c.format.Serializer),
		control: http.NewResponseController(w),
	}
	_ = s.control.Flush() // what is wrong with the connection shows at the first event
	return s
}

// send writes events, copies that are nobody else's; false when nobody reads any more.
func (s *stream) send(events []watch.Event) bool {
	for i := range events {
		events[i].Object.GetObjectKind().SetGroupVersionKind(s.kind.kind)
		if err := s.encoder.Encode(&events[i]); err != nil {
			return false
		}
	}
	return s.control.Flush() == nil
}
