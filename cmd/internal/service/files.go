package service

import (
	"context"
	"os"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
)

// lookEvery is how often files are looked at. Asking for their times costs less than
// watching the folders of a mounted Secret, which Kubernetes exchanges as a whole.
const lookEvery = time.Second

// watchedFiles is something that is made of files and made again when they change.
type watchedFiles struct {
	what   string
	paths  []string
	reload func() error

	seen   []os.FileInfo
	failed string // why it could not be made last
}

// follow looks after files until ctx is done. stale counts what could not be made
// of them as they are now and so is as it was before.
func follow(ctx context.Context, all []*watchedFiles, stale *atomic.Int64, log logrus.FieldLogger) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		failed := int64(0)
		for _, w := range all {
			w.look(log)
			if w.failed != "" {
				failed++
			}
		}
		stale.Store(failed)
	}
}

// begin remembers how the files are before they are read for the first time.
func (w *watchedFiles) begin() *watchedFiles {
	w.seen, _ = times(w.paths) // a missing file is told by who reads it
	return w
}

// look makes it again after a change, and after a failure until it succeeds: files
// that belong together may change one after the other.
func (w *watchedFiles) look(log logrus.FieldLogger) {
	now, err := times(w.paths)
	if err == nil && w.failed == "" && same(w.seen, now) {
		return
	}
	if err == nil {
		err = w.reload()
	}
	log = log.WithField("files", w.paths)
	switch {
	case err == nil:
		w.seen, w.failed = now, ""
		log.Info(w.what + " read again")
	case err.Error() != w.failed:
		w.failed = err.Error()
		log.WithField("err", err).Warn(w.what + " not read, going on with what was read before")
	}
}

// times are the files' inodes, sizes and times of change, links followed.
func times(paths []string) ([]os.FileInfo, error) {
	infos := make([]os.FileInfo, len(paths))
	for i, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		infos[i] = info
	}
	return infos, nil
}

func same(a, b []os.FileInfo) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !os.SameFile(a[i], b[i]) || a[i].Size() != b[i].Size() || !a[i].ModTime().Equal(b[i].ModTime()) {
			return false
		}
	}
	return true
}
