package monitor_test

import (
	"context"
	"fmt"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// The settings of the cluster in memory: one value with compare-and-swap.

func (c *cluster) GetSettings(context.Context) (sentinel.Settings, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.settings, nil
}

func (c *cluster) PutSettings(_ context.Context, s sentinel.Settings) (sentinel.Settings, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.Version != c.settings.Version {
		return sentinel.Settings{}, sentinel.ErrConflict
	}
	s.Seq++
	s.Version = fmt.Sprint(s.Seq)
	c.settings = s
	return s, nil
}
