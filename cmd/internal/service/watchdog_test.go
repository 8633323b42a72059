package service

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestStuckDoesNotLead: it gives its lead up, tells so once, leads again when it is well, and
// is not alive only when that takes too long.
func TestStuckDoesNotLead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var masters []string
		var since time.Time
		w := newWatchdog(func() ([]string, time.Duration) { return masters, time.Since(since) })
		ctx, stop := context.WithCancel(t.Context())
		var told []string
		go w.run(ctx, func(text string) { told = append(told, text) })
		leads := false
		ended := make(chan error, 1)
		go func() {
			ended <- w.whileWell(ctx, func(ctx context.Context) error {
				leads = true
				<-ctx.Done()
				leads = false
				return nil
			})
		}()
		want := func(what string, lead, alive bool) {
			t.Helper()
			synctest.Wait()
			if leads != lead || (w.alive() == nil) != alive {
				t.Errorf("%s: leads %t, alive %v; want %t and %t", what, leads, w.alive(), lead, alive)
			}
		}
		time.Sleep(10 * watchEvery)
		want("all is well", true, true)
		masters, since = []string{"mymaster"}, time.Now()
		time.Sleep(2 * watchEvery)
		want("stuck", false, true)
		time.Sleep(hopeless)
		want("stuck for long", false, false)
		masters = nil
		time.Sleep(2 * watchEvery)
		want("well again", true, true)
		if len(told) != 2 {
			t.Errorf("told %q, want the beginning and the end", told)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
