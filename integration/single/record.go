package single

import (
	"context"
	"strconv"
	"sync"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// record is what Kubernetes keeps: the record with compare-and-swap, and the pods.
type record struct {
	mu       sync.Mutex
	is       sentinel.Record
	settings sentinel.Settings
	pods     []sentinel.Pod
	changed  func(sentinel.Record)
	told     map[string]int    // reasons of reports
	said     map[string]string // the last message of each
}

func (c *record) Get(context.Context, string) (sentinel.Record, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.is, nil
}

func (c *record) Put(_ context.Context, _ string, r sentinel.Record) (sentinel.Record, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Version != c.is.Version {
		return sentinel.Record{}, sentinel.ErrConflict
	}
	r = r.Bounded()
	r.Seq++
	r.Format = sentinel.Format
	r.Version = strconv.FormatUint(r.Seq, 10)
	c.is = r
	c.changed(r)
	return r, nil
}

func (c *record) GetSettings(context.Context) (sentinel.Settings, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.settings, nil
}

func (c *record) PutSettings(_ context.Context, s sentinel.Settings) (sentinel.Settings, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settings = s
	return s, nil
}

func (c *record) Pods(context.Context, string) ([]sentinel.Pod, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]sentinel.Pod(nil), c.pods...), nil
}

func (c *record) Label(context.Context, sentinel.Pod, sentinel.Role) error { return nil }

func (c *record) Record(_, _ string, _ bool, reason, message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told[reason]++
	c.said[reason] = message
}
