package clients

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Form is how thorough a run is.
type Form struct {
	// Rounds is how often a master changes in crash and switchover.
	Rounds int
	// Idle is how long clients are idle before the failover that they sleep through.
	Idle time.Duration
	// Watch is how long what must not happen is waited for.
	Watch time.Duration
}

// The forms.
var (
	Full  = Form{Rounds: 3, Idle: 2 * time.Minute, Watch: 6 * time.Second}
	Short = Form{Rounds: 1, Idle: 3 * time.Second, Watch: 3 * time.Second}
)

// Run is one pass of some programs through all scenarios on one side.
type Run struct {
	Raise    func(t testing.TB, v Variant, dir string) *Stage
	Programs []Program
	Form     Form
	Folder   string // of this package
	Cache    string // of the installed libraries
	Logs     string // keeps what all say, if set

	t        testing.TB
	outcomes []Outcome
	lag      atomic.Int64 // the longest that this program was not run, since the last look
}

// Execute plays everything and returns what came of it.
func (r *Run) Execute(t *testing.T) []Outcome {
	t.Helper()
	done := make(chan struct{})
	defer close(done)
	go r.metronome(done)
	for _, v := range []Variant{Plain, Passwords, Encrypted, Named} {
		t.Run(v.Name, func(t *testing.T) { // the stage ends with it
			r.t = t
			p := r.begin(v)
			p.discover()
			if v == Plain {
				p.all()
			} else {
				p.crashes(v.Name)(p.running)
				p.rounds(v.Name, 1, p.switchovers(v.Name))
			}
			p.allowed()
		})
	}
	return r.outcomes
}

// metronome measures how late a goroutine of ours is woken: on a busy machine clients
// are late, too, and bounds are widened by a multiple of it.
func (r *Run) metronome(done chan struct{}) {
	const tick = 10 * time.Millisecond
	for last := time.Now(); ; last = time.Now() {
		select {
		case <-done:
			return
		case <-time.After(tick):
		}
		if late := int64(time.Since(last) - tick); late > r.lag.Load() {
			r.lag.Store(late)
		}
	}
}

// slackFactor: a client needs several turns of a processor where our clock needs one.
const slackFactor = 10

// slack is what the machine's load excuses since the last call.
func (r *Run) slack() time.Duration { return slackFactor * time.Duration(r.lag.Swap(0)) }

// play is a stage with the programs that run on it.
type play struct {
	*Run
	*Stage
	running []*Running
}

// begin raises a stage and launches the programs that can use it.
func (r *Run) begin(v Variant) *play {
	dir := filepath.Join(r.t.TempDir(), v.Name)
	if r.Logs != "" {
		dir = filepath.Join(r.Logs, strings.ReplaceAll(r.t.Name(), "/", "-"))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		r.t.Fatal(err)
	}
	p := &play{Run: r, Stage: r.Raise(r.t, v, dir)}
	for _, program := range r.Programs {
		if excuse := v.Excuse(program); excuse != "" {
			p.record(Outcome{Program: program, Scenario: v.Name, Excuse: excuse})
			continue
		}
		p.running = append(p.running, p.launch(program, MasterName, program.Name()))
	}
	return p
}

func (p *play) launch(program Program, master, key string, more ...string) *Running {
	environment := append(p.environment(p.Addresses(), master), more...)
	running, err := Launch(program, p.Folder, p.Cache, p.dir, key, environment, p.wrapper)
	if err != nil {
		p.Run.t.Fatal(err)
	}
	p.Ledger.Expect(running.Group())
	p.Execs.Expect(key)
	p.Run.t.Cleanup(running.End)
	return running
}

func (r *Run) record(o Outcome) { r.outcomes = append(r.outcomes, o) }

// wait waits until a program has done what is asked, and says whether it did.
func (p *play) wait(within time.Duration, ready func() bool) bool {
	for deadline := time.Now().Add(within); !ready(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// lost counts which of a program's acknowledged writes a Redis does not have.
func (p *play) lost(r *Running, acks []Ack, host string) int {
	if len(acks) == 0 || !r.Writer() {
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client := p.nodes[host]
	if r.List != "" {
		return p.lostOfList(ctx, client, r)
	}
	missing, err := 0, error(nil)
	// A real Sentinel cuts the clients of a Redis more than once, this one among them.
	if !p.wait(10*time.Second, func() bool { missing, err = absent(ctx, client, r, acks); return err == nil }) {
		p.Run.t.Fatalf("%s: %v", host, err)
	}
	return missing
}

// absent counts the writes that a Redis does not have.
func absent(ctx context.Context, client *redis.Client, r *Running, acks []Ack) (int, error) {
	pipe := client.Pipeline()
	found := make([]*redis.IntCmd, 0, len(acks))
	for _, a := range acks {
		found = append(found, pipe.Exists(ctx, r.KeyOf(r.Key, a.N)))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return 0, err
	}
	missing := 0
	for _, f := range found {
		if f.Val() == 0 {
			missing++
		}
	}
	return missing, nil
}

// lostOfList compares all writes so far with the length of the list; what was lost
// before was counted then, and is in short.
func (p *play) lostOfList(ctx context.Context, client *redis.Client, r *Running) int {
	good, _ := r.Acks(time.Time{})
	length, err := client.LLen(ctx, r.Program.listOf(r.Key)).Result()
	if err != nil {
		p.Run.t.Fatal(err)
	}
	short := max(0, len(good)-int(length))
	missing := max(0, short-r.short)
	r.short = max(r.short, short)
	return missing
}

// String names the run's side and size in logs.
func (f Form) String() string { return fmt.Sprintf("%d rounds, %s idle", f.Rounds, f.Idle) }
