package limits

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Case is one line of the table.
type Case struct {
	Limit    string // of the container's memory, as the chart has it
	Load     Load
	Replicas int // that do a full sync at once
}

// Result is what was seen of it. Sizes are in bytes.
type Result struct {
	Case
	Column      string
	Maxmemory   int64
	Killed      []string      // "master", "replica"
	MasterPeak  int64         // of memory that the kernel cannot take back
	ReplicaPeak int64         // the greatest of the replicas'
	InSync      time.Duration // from REPLICAOF on; 0 if not all were within the bound
	Took        time.Duration // from REPLICAOF until the end of the measurement
	Syncs       int64         // full syncs that were begun
	Rate        int64         // bytes of values written a second meanwhile
	Buffers     int64         // greatest output buffers of replicas and backlog
	CopyOnWrite int64         // greatest that a child of the master told
}

// Bench starts the servers of a run.
type Bench struct {
	Program string // redis-server or another one
	Chart   Chart
	Dir     string        // on a disk
	Within  time.Duration // how long replicas have to get in sync, and a second for each 32 MB
	Hold    time.Duration // how long they must stay it

	limit  string
	c      Container
	master *server
}

const (
	masterHost  = "127.0.79.1"
	replicaHost = "127.0.79.%d"
	port        = 6379
)

// Close ends the master that is kept from one case to the next.
func (b *Bench) Close() {
	if b.master != nil {
		b.master.stop()
		b.master = nil
	}
}

// Run measures one case. The master of the case before goes on if its limit is the same.
func (b *Bench) Run(ctx context.Context, c Case) (Result, error) {
	r := Result{Case: c}
	if err := b.prepare(ctx, c.Limit); err != nil {
		return r, err
	}
	defer func() {
		if b.master.hasEnded() || b.master.killed() {
			b.Close()
		}
	}()
	before, err := b.master.info(ctx)
	if err != nil {
		return r, err
	}
	r.Maxmemory = before.number("maxmemory")
	if r.Maxmemory == 0 {
		return r, errors.New("the chart gives no maxmemory")
	}
	keys := max(1, 3*r.Maxmemory/int64(c.Load.Size))
	if err := b.fill(ctx, c.Load.Size, keys); err != nil {
		return r, err
	}
	replicas, err := b.replicas(ctx, c.Replicas)
	defer func() {
		for _, replica := range replicas {
			replica.stop()
		}
	}()
	if err != nil {
		return r, err
	}
	writing := Write(ctx, b.master.addr, c.Load, keys)
	defer writing.Stop()
	return r, b.sync(ctx, &r, replicas, writing)
}

// prepare starts a master with this limit, unless the one before has it.
func (b *Bench) prepare(ctx context.Context, limit string) (err error) {
	if b.limit != limit {
		b.Close()
		if b.c, err = b.Chart.Redis(ctx, limit); err != nil {
			return err
		}
		b.limit = limit
	}
	if b.master == nil {
		if b.master, err = start(ctx, b.Program, b.c, masterHost, port, b.Dir); err != nil {
			return err
		}
		return b.master.client.Do(ctx, "REPLICAOF", "NO", "ONE").Err()
	}
	return nil
}

// fill writes until everything that was there before has been evicted.
func (b *Bench) fill(ctx context.Context, size int, keys int64) error {
	w := Write(ctx, b.master.addr, Load{Clients: 4, Pipeline: max(1, 50_000/size), Size: size}, keys)
	defer w.Stop()
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		now, err := b.master.info(ctx)
		switch {
		case err != nil && (b.master.hasEnded() || b.master.killed()):
			return fmt.Errorf("the master ended while it was filled, without a replica: %w", err)
		case time.Now().After(deadline):
			return errors.New("the master was not filled in 5 minutes")
		case err == nil && now.number("evicted_keys") > 0 && w.Bytes.Load() > 3*now.number("maxmemory")/2:
			return nil
		}
	}
}

func (b *Bench) replicas(ctx context.Context, n int) (all []*server, err error) {
	for i := range n {
		s, err := start(ctx, b.Program, b.c, fmt.Sprintf(replicaHost, i+2), port, b.Dir)
		if err != nil {
			return all, err
		}
		all = append(all, s)
	}
	return all, nil
}

// sync attaches the replicas and watches until they are in sync and have stayed so, somebody
// was killed, or the time is over.
func (b *Bench) sync(ctx context.Context, r *Result, replicas []*server, w *Writing) error {
	before, err := b.master.info(ctx)
	if err != nil {
		return err
	}
	b.master.peak.Store(0)
	written, began := w.Bytes.Load(), time.Now()
	for _, replica := range replicas {
		if err := replica.follow(ctx, b.master.addr); err != nil {
			return err
		}
	}
	state := &progress{}
	bound := b.Within + b.Hold + time.Duration(r.Maxmemory/32_000_000)*time.Second
	for ; r.Killed == nil && time.Since(began) < bound; time.Sleep(20 * time.Millisecond) {
		now, err := b.master.info(ctx)
		if err == nil {
			r.Syncs = now.number("sync_full") - before.number("sync_full")
			r.Buffers = max(r.Buffers, now.number("mem_clients_slaves")+now.number("mem_replication_backlog"), now.number("mem_total_replication_buffers"))
			r.CopyOnWrite = max(r.CopyOnWrite, now.number("current_cow_peak"))
			if state.look(ctx, now, replicas); !state.since.IsZero() && time.Since(state.since) >= b.Hold {
				r.InSync = state.since.Sub(began)
				break
			}
		}
		r.Killed = b.whoWasKilled(replicas)
	}
	if r.Killed == nil {
		r.Killed = b.whoWasKilled(replicas)
	}
	r.Took = time.Since(began)
	r.Rate = int64(float64(w.Bytes.Load()-written) / r.Took.Seconds())
	r.MasterPeak = b.master.peak.Load()
	for _, replica := range replicas {
		r.ReplicaPeak = max(r.ReplicaPeak, replica.peak.Load())
	}
	return nil
}

func (b *Bench) whoWasKilled(replicas []*server) (names []string) {
	if b.master.killed() || b.master.hasEnded() {
		names = append(names, "master")
	}
	for _, replica := range replicas {
		if replica.killed() || replica.hasEnded() {
			return append(names, "replica")
		}
	}
	return names
}

// progress is how far the replicas are.
type progress struct {
	syncs  int64
	since  time.Time // all follow since then; zero while not
	offset int64     // of the master then, which they must reach
}

// look: all replicas are in sync once they follow and have what was written until they did.
func (p *progress) look(ctx context.Context, master info, replicas []*server) {
	online := 0
	for n := range replicas {
		if strings.Contains(master[fmt.Sprint("slave", n)], "state=online") {
			online++
		}
	}
	syncs := master.number("sync_full")
	if online < len(replicas) || syncs != p.syncs {
		*p = progress{syncs: syncs}
		return
	}
	if p.offset == 0 {
		p.offset = master.number("master_repl_offset")
	}
	if !p.since.IsZero() {
		return
	}
	for _, replica := range replicas {
		now, err := replica.info(ctx)
		if err != nil || now["master_link_status"] != "up" || now.number("slave_repl_offset") < p.offset {
			return
		}
	}
	p.since = time.Now()
}
