package command

import (
	"context"
	"errors"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Writer carries out what a client wants changed, for every replica of the service
// and for good; see package monitor. Each call returns when the answers of this
// replica show the change.
type Writer interface {
	// Set changes options of one master.
	Set(ctx context.Context, master string, settings []sentinel.Setting) error
	// Remove stops managing a master; by names the client.
	Remove(ctx context.Context, master, by string) error
	// Reset learns the masters anew whose names match, and counts them.
	Reset(ctx context.Context, matches func(master string) bool) (int, error)
	// Configure changes options of the service.
	Configure(ctx context.Context, settings []sentinel.Setting) error
	// Readable tells whether what was changed can be read back.
	Readable(ctx context.Context) error
}

var errNoWriter = errors.New("this replica cannot write")

// write runs one change on the asking client's goroutine. As with a Sentinel that
// cannot write its file, the client hears that much and the log the rest.
func (c *Commands) write(s *resp.Session, change func(context.Context, Writer) error) resp.Reply {
	ctx, cancel := context.WithTimeout(s.Context(), c.options.FailoverWait)
	defer cancel()
	err := errNoWriter
	if c.options.Writer != nil {
		err = c.changes.take(ctx, func() error { return change(ctx, c.options.Writer) })
	}
	if errors.Is(err, sentinel.ErrTooNew) || errors.Is(err, errManyChanges) {
		return resp.Error("ERR " + err.Error())
	}
	if err != nil {
		c.options.Log.WithField("err", err).Warn("a client's change was not kept")
		return resp.Error(errSaveConfig)
	}
	return resp.OK
}
