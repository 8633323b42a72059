package service

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// A replica of the service that is stuck must not go on to lead: it gives the Lease up, and
// is not ready. One that stays stuck is not healthy either, so that its container is
// restarted: it holds nothing that Kubernetes and Redis do not tell a new process.

const (
	watchEvery = time.Second
	// hopeless is when nobody expects any more that what is stuck comes back.
	hopeless = 30 * time.Second
)

// watchdog is what the look before told.
type watchdog struct {
	look func() (masters []string, longest time.Duration)

	mu      sync.Mutex
	masters []string
	longest time.Duration
	changed chan struct{} // closed when it becomes stuck, or well
}

func newWatchdog(look func() ([]string, time.Duration)) *watchdog {
	return &watchdog{look: look, changed: make(chan struct{})}
}

// run looks until ctx is done and tells of each change.
func (w *watchdog) run(ctx context.Context, tell func(text string)) {
	every := time.NewTicker(watchEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			if text := w.note(w.look()); text != "" {
				tell(text)
			}
		}
	}
}

// note returns what is to be told, empty if nothing is.
func (w *watchdog) note(masters []string, longest time.Duration) (text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	was, is := len(w.masters) > 0, len(masters) > 0
	if was != is {
		text = "nothing is stuck any more"
		close(w.changed)
		w.changed = make(chan struct{})
	}
	if w.masters, w.longest = masters, longest; was != is && is {
		text = w.text()
	}
	return text
}

func (w *watchdog) text() string {
	return fmt.Sprintf("stuck at %s for %s", strings.Join(w.masters, ", "), w.longest.Round(time.Second))
}

// stuck says at what, empty if nothing is; changed is closed when that begins or ends.
func (w *watchdog) stuck() (text string, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.masters) > 0 {
		text = w.text()
	}
	return text, w.changed
}

// alive is nil unless only a restart helps.
func (w *watchdog) alive() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.masters) > 0 && w.longest >= hopeless {
		return fmt.Errorf("%s", w.text())
	}
	return nil
}

// whileWell runs lead again and again until ctx is done, and ends it while something is stuck.
func (w *watchdog) whileWell(ctx context.Context, lead func(context.Context) error) error {
	for ctx.Err() == nil {
		text, changed := w.stuck()
		if text != "" {
			select {
			case <-ctx.Done():
			case <-changed:
			}
			continue
		}
		well, end := context.WithCancel(ctx)
		go func() {
			defer end()
			select {
			case <-changed:
			case <-well.Done():
			}
		}()
		err := lead(well)
		end()
		if err != nil {
			return err
		}
	}
	return nil
}
