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

// watch streams changes until the caller leaves or its time is over. A caller who
// does not read harms nobody: its events wait in memory.
func (c *call) watch(w http.ResponseWriter, selector labels.Selector, options metav1.ListOptions) error {
	if options.SendInitialEvents != nil || options.ResourceVersionMatch != "" {
		return noStreamedLists()
	}
	watcher, err := c.api.store.follow(c.kind, c.namespace, selector, options.ResourceVersion)
	if err != nil {
		return err
	}
	defer watcher.Stop()
	var over <-chan time.Time // never, unless the caller says when
	if seconds := options.TimeoutSeconds; seconds != nil && *seconds > 0 {
		timer := time.NewTimer(time.Duration(*seconds) * time.Second)
		defer timer.Stop()
		over = timer.C
	}
	stream := c.stream(w)
	for {
		select {
		case <-c.request.Context().Done():
			return nil
		case <-over:
			return nil
		case <-watcher.wake:
		}
		if !stream.send(watcher.take()) {
			return nil
		}
	}
}

// noStreamedLists is how a server without WatchList refuses; client-go then lists.
func noStreamedLists() error {
	return apierrors.NewInvalid(metav1.SchemeGroupVersion.WithKind("ListOptions").GroupKind(), "", field.ErrorList{
		field.Forbidden(field.NewPath("sendInitialEvents"), "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"),
	})
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
	frames := c.format.StreamSerializer.Framer.NewFrameWriter(w)
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
