package monitor

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// exitSimulated is the exit code of a simulated crash, as a Sentinel's.
const exitSimulated = 99

// crashPoints are those of an action. Only the loop's goroutine may ask.
func (l *loop) crashPoints(a sentinel.Action) (before, after []string) {
	phase := sentinel.NoRecord
	if view := l.machine.View(); view != nil && view.Why != nil {
		phase = view.Why.Phase
	}
	return sentinel.CrashPoints(a, phase)
}

// simulate ends this process if a crash was asked for at one of these points. The
// order that came to it has no outcome yet, so the operation stands still meanwhile.
// The wish is taken back first: the next leader is to survive it.
func (l *loop) simulate(points []string) {
	at := slices.IndexFunc(points, l.m.Settings().Simulates)
	if at < 0 || l.m.Exit == nil {
		return
	}
	point := points[at]
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	left := slices.DeleteFunc(strings.Split(l.m.Settings().Value(sentinel.SettingSimulate), ","), func(word string) bool { return word == point })
	err := l.m.Configure(ctx, []sentinel.Setting{{Option: sentinel.SettingSimulate, Value: strings.Join(left, ",")}})
	l.log.WithFields(logrus.Fields{"err": err, "point": point}).Warn("crash simulated, as asked for")
	l.m.Exit(exitSimulated)
}
