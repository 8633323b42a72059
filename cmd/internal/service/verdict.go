package service

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
)

// toldEvery is how often a reason that changes all the time is written.
const toldEvery = 10 * time.Second

// A verdict is what a probe is told: a word. What it rests on, which names masters and
// rights, is in the log, and for who asks from within the pod.
type verdict struct {
	log       logrus.FieldLogger
	level     logrus.Level // of bad news: not to be ready is part of each beginning and end
	good, bad string

	mu   sync.Mutex
	last string // reason that was written; "" while all is well
	at   time.Time
}

func (v *verdict) answer(w http.ResponseWriter, r *http.Request, why string) {
	v.tell(why, time.Now())
	switch {
	case why == "":
		fmt.Fprintln(w, "ok")
	case fromOwnPod(r):
		http.Error(w, why, http.StatusServiceUnavailable)
	default:
		http.Error(w, v.bad, http.StatusServiceUnavailable)
	}
}

// tell writes what has changed.
func (v *verdict) tell(why string, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	turned := (why == "") != (v.last == "")
	if why == v.last || !turned && now.Sub(v.at) < toldEvery {
		return
	}
	v.last, v.at = why, now
	if why == "" {
		v.log.Info(v.good)
		return
	}
	v.log.WithField("missing", why).Log(v.level, v.bad)
}
