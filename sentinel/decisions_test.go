package sentinel

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// TestDecisions plays the stories of testdata/decisions. Each line of input is
// one thing that happens; the output is what is done about it, in order, and the
// events that a subscriber of another service replica hears (indented).
func TestDecisions(t *testing.T) {
	datadriven.Walk(t, "../testdata/decisions", func(t *testing.T, path string) {
		var w *world
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "given" {
				size, services := 3, 2
				d.MaybeScanArgs(t, "pods", &size)
				d.MaybeScanArgs(t, "services", &services)
				w = newWorld(size, services)
			}
			w.out.Reset()
			for line := range strings.SplitSeq(d.Input, "\n") {
				if err := w.happen(strings.Fields(line)); err != nil {
					d.Fatalf(t, "%q: %v", line, err)
				}
			}
			if text := w.out.String(); text != "" {
				if strings.Contains(text, "!!") {
					t.Errorf("%s: a promise is broken:\n%s", d.Pos, text)
				}
				return text
			}
			return "(nothing)\n"
		})
	})
}

// happen makes one thing happen and lets everything settle after it.
func (w *world) happen(words []string) error {
	if len(words) == 0 {
		return nil
	}
	rest := words[1:]
	switch words[0] {
	case "boot": // pods with empty, fenced processes
		for _, ordinal := range rest {
			n, err := strconv.Atoi(ordinal)
			if err != nil {
				return err
			}
			w.pod(n)
		}
	case "pending": // a pod that no node was found for
		n, err := strconv.Atoi(rest[0])
		if err != nil {
			return err
		}
		p := w.pod(n)
		p.up, p.pod.Addr, p.pod.Node, p.pod.ContainerID = false, Addr{}, "", ""
	case "role": // as a Redis itself has it
		p := w.find(rest[0])
		w.printf("role of %s: %s of %s", rest[0], p.role, p.master)
	case "master-outside": // an unfenced process that somebody made master
		p := w.find(rest[0])
		p.role, p.master = RoleMaster, Addr{}
	case "replica-outside":
		p := w.find(rest[0])
		p.role, p.master = RoleReplica, w.find(rest[1]).pod.Addr
	case "leader":
		if err := w.elect(rest[0]); err != nil {
			return err
		}
	case "write":
		w.write(rest)
	case "lag": // an instance misses the last writes
		p := w.find(rest[0])
		p.offset -= 10
	case "disobey": // says yes to REPLICAOF, and does nothing
		w.find(rest[0]).deaf = true
	case "obey":
		w.find(rest[0]).deaf = false
	case "claim": // an offset that is not its own
		n, err := strconv.ParseInt(rest[1], 10, 64)
		w.find(rest[0]).offset = n
		return err
	case "priority":
		n, err := strconv.Atoi(rest[1])
		w.find(rest[0]).prio = n
		return err
	case "fence-outside": // CONFIG SET min-replicas-to-write by another hand
		n, err := strconv.Atoi(rest[1])
		w.find(rest[0]).fence = n
		if err != nil {
			return err
		}
	case "kill": // the process only; its pod stays
		w.find(rest[0]).up = false
	case "freeze": // SIGSTOP, or its node is lost
		for _, name := range rest {
			p := w.find(name)
			p.frozen, p.frozenAt = true, w.now
		}
	case "refuse": // commands, at once; "info" stands for all that reads the state
		w.refuse(w.find(rest[0]), rest[1:])
	case "refuse-times": // so many of them
		n, err := strconv.Atoi(rest[0])
		if err != nil {
			return err
		}
		p := w.find(rest[1])
		w.refuse(p, rest[2:])
		p.refusesFor = n
	case "pass":
		d, err := time.ParseDuration(rest[0])
		if err != nil {
			return err
		}
		w.pass(d)
		return nil
	case "finish": // all its containers ended, and the pod has no address any more
		p := w.find(rest[0])
		p.up, p.pod.Ended, p.pod.Addr = false, true, Addr{}
	case "give-up": // a pod whose node is lost: it has no address any more, and may run
		p := w.find(rest[0])
		p.hidden, p.pod.Addr = true, Addr{}
	case "hide": // from all replicas of the service, not from clients and replicas
		w.find(rest[0]).hidden = true
	case "reject": // by a firewall, the service's connections alone; those that were open end, too
		w.find(rest[0]).rejected = true
	case "accept":
		w.find(rest[0]).rejected = false
	case "addresses": // with which masters list their replicas
		w.foreign = rest[0] == "foreign"
	case "strangers": // so many are listed beside the replicas
		n, err := strconv.Atoi(rest[0])
		w.strangers, w.strangerAcks = n, rest[1] == "acknowledge"
		if err != nil {
			return err
		}
	case "keep-out": // a process refuses the service, with this cause
		p := w.find(rest[0])
		p.hidden, p.why = true, strings.Join(rest[1:], " ")
	case "waits": // what Kubernetes says of a pod that does not run, nothing for one that does
		w.find(rest[0]).pod.Waits = strings.Join(rest[1:], " ")
	case "let-in":
		p := w.find(rest[0])
		p.hidden, p.why = false, ""
	case "hindrance": // as the replica of the service tells it that does not lead
		w.printf("hindrance: %s", or(w.services[w.observer()].Hindrance(), "none"))
	case "ill": // answers PING with an error while it is master, and does all else
		w.find(rest[0]).ill = true
	case "well":
		w.find(rest[0]).ill = false
	case "unlink": // connections of replicas to their master end, with bytes on the way
		bytes, err := strconv.ParseInt(rest[0], 10, 64)
		if err != nil {
			return err
		}
		for _, name := range rest[1:] {
			p := w.find(name)
			p.link, p.offset = false, p.offset-bytes
		}
	case "island": // from all but its clients; no connection ends
		p := w.find(rest[0])
		p.hidden, p.island, p.frozenAt = true, true, w.now
	case "rejoin":
		p := w.find(rest[0])
		p.hidden, p.island = false, false
		p.swallow()
	case "cut-syncs": // so many full syncs of a replica end before it has its copy, and none does otherwise
		n, err := strconv.ParseInt(rest[1], 10, 64)
		if err != nil {
			return err
		}
		w.cutSyncs(w.find(rest[0]), n)
	case "sync": // one comes to its end
		w.find(rest[0]).cut = false
	case "conditions": // as the replica of the service shows them that does not lead
		w.showConditions()
	case "memory": // what a process takes of how much, and what its child does, in MiB
		return w.takes(w.find(rest[0]), rest[1:])
	case "loading":
		w.find(rest[0]).loading = rest[1] == "yes"
	case "restart-with-data": // with what lay on its disk
		p := w.find(rest[0])
		old := *p
		w.boot(p)
		p.replid, p.offset, p.keys = old.replid, old.offset, old.keys
	case "restart-with-other-data": // with what lay on its disk, under an id that nobody knows
		p := w.find(rest[0])
		w.boot(p)
		p.offset, p.keys = 50, 1
	case "stranger": // a Redis of somebody else has the pod's address
		p := w.find(rest[0])
		w.boot(p)
		p.role, p.master, p.keys = RoleMaster, Addr{}, 7
		p.foreign = true
	case "unhide":
		w.find(rest[0]).hidden = false
	case "disrupt": // an eviction, before the deletion
		w.find(rest[0]).pod.Disrupted = true
	case "cordon": // its node, before a drain
		w.find(rest[0]).pod.Cordoned = true
	case "uncordon":
		w.find(rest[0]).pod.Cordoned = false
	case "ready": // as the kubelet finds it
		for _, name := range rest {
			p := w.find(name)
			p.pod.Ready, p.pod.NodeSilent = true, false
		}
	case "unready":
		w.find(rest[0]).pod.Ready = false
	case "node-silent": // as the node controller has it when nothing is heard of a kubelet
		for _, name := range rest {
			p := w.find(name)
			p.pod.Ready, p.pod.NodeSilent = false, true
		}
	case "rollout": // a new revision: those that are there will be replaced
		for _, p := range w.redis {
			p.pod.Outdated = true
		}
	case "first-ordinal":
		n, err := strconv.Atoi(rest[0])
		if err != nil {
			return err
		}
		w.first = n
	case "by-hand": // a person wants this pod to be master, for so long
		d, err := time.ParseDuration(rest[1])
		if err != nil {
			return err
		}
		w.config.Promote = ByHand{UID: w.find(rest[0]).pod.UID, Until: w.now.Add(d)}
	case "statefulset": // made, or made anew, with this UID
		w.ownerUID = rest[0]
	case "rival": // the record of another service over the set
		w.rival = strings.Join(rest, " ")
	case "record-removed": // SENTINEL REMOVE
		w.record.Removed = true
		w.record.Seq++
		w.record.Version = strconv.FormatUint(w.record.Seq, 10)
	case "record-deleted": // its Lease
		w.record = Record{}
	case "record-set": // SENTINEL SET
		w.record.Set([]Setting{{Option: rest[0], Value: rest[1]}})
		w.record.Seq++
		w.record.Version = strconv.FormatUint(w.record.Seq, 10)
	case "record-shown":
		w.printf("record: epoch %d, owner %q, removed %v, overrides %v", w.record.Epoch, w.record.Owner.UID, w.record.Removed, w.record.Overrides)
	case "size":
		n, err := strconv.Atoi(rest[0])
		w.size = n
		if err != nil {
			return err
		}
	case "release": // what an older leader had sent arrives at last
		w.release()
	case "wake":
		p := w.find(rest[0])
		p.frozen = false
		p.swallow()
	case "restart":
		w.boot(w.find(rest[0]))
	case "delete": // a deletionTimestamp
		for _, name := range rest {
			w.find(name).pod.Terminating = true
		}
	case "vanish": // process and object
		for _, name := range rest {
			p := w.find(name)
			p.up, p.gone = false, true
		}
	case "delete-by-force": // the object; the process knows nothing of it
		w.find(rest[0]).gone = true
	case "request-failover":
		w.record.Requested = &Request{By: "somebody"}
		w.record.Seq++
		w.record.Version = strconv.FormatUint(w.record.Seq, 10)
	case "record-term": // as a backup has it, or a newer leader wrote it
		n, err := strconv.ParseUint(rest[0], 10, 64)
		if err != nil {
			return err
		}
		w.record.Term = n
		w.record.Seq++
		w.record.Version = strconv.FormatUint(w.record.Seq, 10)
	case "record-needs": // a format, as a later version of the service wrote it
		n, err := strconv.Atoi(rest[0])
		if err != nil {
			return err
		}
		w.record.Needs = n
		w.record.Seq++
		w.record.Version = strconv.FormatUint(w.record.Seq, 10)
	case "term": // of the leader Lease
		n, err := strconv.ParseUint(rest[0], 10, 64)
		if err != nil {
			return err
		}
		w.term = n
	case "hold":
		w.held = strings.Join(rest, " ")
	case "labels":
		w.labelsDenied = rest[0] == "denied"
	case "api":
		w.apiAway = rest[0] == "away"
	case "deaf": // a replica of the service, for changes of the record
		n, err := strconv.Atoi(rest[0])
		if err != nil {
			return err
		}
		w.deaf[n] = true
	case "blind", "see": // a replica of the service, for all Redis
		n, err := strconv.Atoi(rest[0])
		if err != nil {
			return err
		}
		w.blind[n] = words[0] == "blind"
	case "wait":
		d, err := time.ParseDuration(rest[0])
		if err != nil {
			return err
		}
		w.now = w.now.Add(d)
	case "service-restart": // all of them, with nobody leading
		for n := range w.services {
			w.services[n] = NewMachine("mymaster")
		}
		w.leader, w.shown = -1, nil
	case "mode":
		w.config.Mode = Mode(rest[0])
	case "max-lag": // min-replicas-max-lag
		d, err := time.ParseDuration(rest[0])
		if err != nil {
			return err
		}
		w.config.MaxLag = d
	case "memory-only":
		w.config.MemoryOnly = rest[0] == "yes"
	case "on-total-loss":
		w.config.OnTotalLoss = OnTotalLoss(rest[0])
	default:
		return fmt.Errorf("unknown word %q", words[0])
	}
	if words[0] != "hold" {
		w.settle()
	}
	return nil
}

func (w *world) release() {
	late := w.late
	w.late, w.held = nil, ""
	for _, l := range late {
		w.actor = w.services[l.from]
		w.printf("late, from service %d:", l.from)
		if done, ok := w.perform(l.order); ok {
			if done.Err != nil {
				w.printf("  failed: %v", done.Err)
			}
			done.ID, done.At = l.order.ID, w.now
			w.step(l.from, w.services[l.from], done)
		}
	}
}

// elect makes service n the leader, with the next term.
func (w *world) elect(n string) error {
	index, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	w.leader, w.held = index, ""
	w.term++
	for i, m := range w.services {
		w.step(i, m, LeaderSeen{Leading: i == index, Term: w.term})
	}
	return nil
}

// write adds to the master, and to its replicas but for those that are named.
func (w *world) write(except []string) {
	m := w.byAddr(w.record.Master.Addr)
	m.offset += 100
	m.keys++
	frozen := map[*process]int64{}
	for _, name := range except {
		frozen[w.find(name)] = w.find(name).offset
	}
	w.replicate()
	for p, offset := range frozen {
		p.offset = offset
	}
}
