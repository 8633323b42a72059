package clients

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/process"
)

// Ack is one line of a program about a write.
type Ack struct {
	N  int
	At time.Time
	// Err is the library's word for what went wrong; empty: acknowledged.
	Err string
}

// Running is a program that runs.
type Running struct {
	Program
	// Key is what its keys begin with: its NAME.
	Key     string
	process *process.Process
	hold    string

	mu         sync.Mutex
	version    string
	acks       []Ack
	reads      []time.Time
	readErrors []Ack
	other      []string // the last lines that are none of the contract's

	short int // writes missing in a list so far
}

const otherKept = 20

// Launch starts a program with its environment beside ours. Its output goes to a
// file in dir, too.
func Launch(p Program, folder, cache, dir, key string, environment []string, wrapper []string) (*Running, error) {
	r := &Running{Program: p, Key: key, hold: filepath.Join(dir, key+".hold")}
	argv := append([]string(nil), wrapper...)
	for _, arg := range p.Run {
		argv = append(argv, strings.ReplaceAll(arg, "{cache}", filepath.Join(cache, p.Language)))
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r.process, err = process.Start(process.Spec{
		Path: argv[0], Args: argv[1:], Dir: filepath.Join(folder, p.Language), Out: write,
		Env: append(append(os.Environ(), "NAME="+key, "HOLD="+r.hold), environment...),
	})
	if closed := write.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", p, err), read.Close())
	}
	log, err := process.LogFile(filepath.Join(dir, key+".log"))
	if err != nil {
		return nil, errors.Join(err, r.process.Kill(), read.Close())
	}
	go r.follow(read, log)
	return r, nil
}

// follow reads what the program says until its end.
func (r *Running) follow(from, log *os.File) {
	defer from.Close()
	defer log.Close()
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		_, _ = fmt.Fprintln(log, lines.Text())
		r.take(lines.Text())
	}
}

// take understands one line.
func (r *Running) take(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	words := strings.SplitN(line, " ", 4)
	number := func(i int) (int64, bool) {
		if i >= len(words) {
			return 0, false
		}
		n, err := strconv.ParseInt(words[i], 10, 64)
		return n, err == nil
	}
	n, first := number(1)
	micros, second := number(2)
	rest := strings.Join(words[min(3, len(words)):], " ")
	switch {
	case words[0] == "version" && len(words) > 1:
		r.version = strings.Join(words[1:], " ")
	case words[0] == "ok" && first && second:
		r.acks = append(r.acks, Ack{N: int(n), At: time.UnixMicro(micros)})
	case words[0] == "error" && first && second:
		r.acks = append(r.acks, Ack{N: int(n), At: time.UnixMicro(micros), Err: "error " + rest})
	case words[0] == "read" && first:
		r.reads = append(r.reads, time.UnixMicro(n))
	case words[0] == "read-error" && first:
		r.readErrors = append(r.readErrors, Ack{At: time.UnixMicro(n), Err: strings.Join(words[2:], " ")})
	default:
		r.other = append(r.other, line)
		if len(r.other) > otherKept {
			r.other = r.other[1:]
		}
	}
}

// Acks are the lines about writes from a time on.
func (r *Running) Acks(from time.Time) (good, bad []Ack) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.acks {
		switch {
		case a.At.Before(from):
		case a.Err == "":
			good = append(good, a)
		default:
			bad = append(bad, a)
		}
	}
	return good, bad
}

// Reads counts what came back through the library's way to replicas, from a time on,
// and tells the last failure.
func (r *Running) Reads(from time.Time) (good int, bad string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, at := range r.reads {
		if at.After(from) {
			good++
		}
	}
	for _, a := range r.readErrors {
		if a.At.After(from) {
			bad = a.Err
		}
	}
	return good, bad
}

// Told is the version that the program has told.
func (r *Running) Told() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.version
}

// Last is what the program said last, for a failure's text.
func (r *Running) Last() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.acks); n > 0 && r.acks[n-1].Err != "" {
		return r.acks[n-1].Err
	}
	if len(r.other) > 0 {
		return r.other[len(r.other)-1]
	}
	return "nothing"
}

// Hold stops its reads and writes until Release; its connections stay.
func (r *Running) Hold() error { return os.WriteFile(r.hold, nil, 0o600) }

// Release lets it go on.
func (r *Running) Release() error { return os.Remove(r.hold) }

// Group is the process group, by which the proxies know its connections.
func (r *Running) Group() int { return r.process.PID() }

// Ended says whether the program has ended by itself, which it must not.
func (r *Running) Ended() bool {
	select {
	case <-r.process.Done():
		return true
	default:
		return false
	}
}

// End ends it.
func (r *Running) End() { _ = r.process.Kill() }
