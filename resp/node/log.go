package node

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// BridgeLogs sends what go-redis logs to printf, for the whole process. All its
// errors come back to us anyway, so printf should be one for debugging.
func BridgeLogs(printf func(format string, args ...any)) { redis.SetLogger(bridge(printf)) }

type bridge func(format string, args ...any)

func (b bridge) Printf(_ context.Context, format string, args ...any) { b(format, args...) }
