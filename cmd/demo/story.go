package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
)

// returnWithin is how long a restarted Redis is watched until it is in sync.
const returnWithin = time.Minute

// story picks what a person wants to read out of the logs of all parts. It is a
// hook of their logger, which writes nothing itself.
type story struct {
	ctx       context.Context
	out       io.Writer
	sentinels int

	mu    sync.Mutex
	told  bool              // lines are written
	addrs map[string]string // by pod
	pods  map[string]string // by address
	heard map[string][]time.Time
}

func newStory(ctx context.Context, out io.Writer, sentinels int) *story {
	return &story{
		ctx: ctx, out: out, sentinels: sentinels,
		addrs: map[string]string{}, pods: map[string]string{}, heard: map[string][]time.Time{},
	}
}

// logger is for all parts.
func (s *story) logger() *logrus.Logger {
	log := logrus.New()
	log.SetOutput(io.Discard)
	log.SetLevel(logrus.DebugLevel)
	log.AddHook(s)
	return log
}

// begin tells everything from now on; before, only what went wrong.
func (s *story) begin(l layout) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range l.Masters {
		for _, p := range m.Pods {
			s.addrs[p.Name], s.pods[p.Address] = p.Address, p.Name
		}
	}
	s.told = true
}

// end tells nothing any more.
func (s *story) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told, s.out = false, io.Discard
}

// Levels makes a story a hook of all levels.
func (s *story) Levels() []logrus.Level { return logrus.AllLevels }

// Fire takes one log entry.
func (s *story) Fire(e *logrus.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if line := s.line(e); line != "" && (s.told || e.Level <= logrus.ErrorLevel) {
		s.tell(e.Time, line)
	}
	return nil
}

func (s *story) tell(at time.Time, line string) {
	fmt.Fprintf(s.out, "%s  %s\n", at.Format("15:04:05.000"), line)
}

// line is what an entry becomes; empty for most.
func (s *story) line(e *logrus.Entry) string {
	switch e.Data["component"] {
	case "node agent":
		return s.process(e)
	case "monitor":
		return s.decision(e)
	}
	if e.Level <= logrus.WarnLevel {
		return problem(e)
	}
	return ""
}

// process tells what became of a container.
func (s *story) process(e *logrus.Entry) string {
	name := fmt.Sprint(e.Data["pod"])
	switch e.Message {
	case "container ended":
		if e.Data["code"] == int32(137) {
			return fmt.Sprintf("%s (%s): its process was killed", name, s.addrs[name])
		}
		return fmt.Sprintf("%s (%s): its process ended with code %v", name, s.addrs[name], e.Data["code"])
	case "container started":
		if s.addrs[name] == "" || e.Data["restarts"] == int32(0) {
			return ""
		}
		go s.awaitReturn(name, s.addrs[name])
		return fmt.Sprintf("%s (%s): restarted, empty, as pid %v", name, s.addrs[name], e.Data["pid"])
	}
	if e.Level <= logrus.WarnLevel {
		return problem(e)
	}
	return ""
}

// decision tells what the leading Sentinel decided and what all published.
func (s *story) decision(e *logrus.Entry) string {
	switch {
	case e.Data["event"] == "+switch-master":
		return s.switched(e)
	case e.Data["event"] != nil:
		return ""
	case e.Message == "candidate" && e.Data["refused"] != nil:
		return fmt.Sprintf("  candidate %v: offset %v, refused: %v", e.Data["pod"], e.Data["offset"], e.Data["refused"])
	case e.Message == "candidate":
		return fmt.Sprintf("  candidate %v: offset %v", e.Data["pod"], e.Data["offset"])
	case e.Data["reason"] != nil:
		return fmt.Sprintf("%s (Sentinel %v)", e.Message, e.Data["sentinel"])
	case e.Level <= logrus.WarnLevel:
		return problem(e)
	}
	return ""
}

// switched is told once, when the last Sentinel has published it.
func (s *story) switched(e *logrus.Entry) string {
	s.heard[e.Message] = append(s.heard[e.Message], e.Time)
	heard := s.heard[e.Message]
	if len(heard) < s.sentinels {
		return ""
	}
	delete(s.heard, e.Message)
	return fmt.Sprintf("+switch-master %s (by all %d Sentinels, within %s)", e.Message, s.sentinels, heard[len(heard)-1].Sub(heard[0]).Round(time.Millisecond))
}

// awaitReturn tells when a restarted Redis copies its master again.
func (s *story) awaitReturn(name, addr string) {
	ctx, cancel := context.WithTimeout(s.ctx, returnWithin)
	defer cancel()
	for {
		if from, keys, ok := isInSync(ctx, addr); ok {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.told {
				s.tell(time.Now(), fmt.Sprintf("%s (%s): in sync with %s, %d keys", name, addr, s.who(from), keys))
			}
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(askEvery):
		}
	}
}

// who names the pod behind an address; it is called with the lock.
func (s *story) who(addr string) string {
	if name := s.pods[addr]; name != "" {
		return name
	}
	host, _, _ := net.SplitHostPort(addr)
	return host
}

// problem is a warning in full.
func problem(e *logrus.Entry) string {
	var line strings.Builder
	fmt.Fprintf(&line, "%s: %s", e.Level, e.Message)
	for _, field := range []string{"sentinel", "master", "pod", "container", "command", "error"} {
		if value, ok := e.Data[field]; ok {
			fmt.Fprintf(&line, ", %s %v", field, value)
		}
	}
	return line.String()
}
