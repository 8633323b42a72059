package command

import (
	"fmt"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// why is ours alone: a real Sentinel has nothing to answer it with. It tells the
// last decision with its candidates, and what stands in the way of one now.
func (c *Commands) why(_ *resp.Session, args [][]byte) resp.Reply {
	view := c.options.Store.Snapshot().Master(string(args[2]))
	switch {
	case view == nil:
		return resp.Error(errNoMaster)
	case view.Why == nil:
		return resp.Array()
	}
	w := view.Why
	lines := []string{
		fmt.Sprintf("master %s at %s, epoch %d, phase %s", view.Master.Pod, view.Master.Addr, view.Epoch, w.Phase),
		fmt.Sprintf("since %s: %s", w.Since.UTC().Format(time.RFC3339), w.Reason),
	}
	if w.Decision != nil {
		lines = append(lines, fmt.Sprintf("last choice: %s, %s", w.Decision.Chosen, w.Decision.Rule))
		lines = append(lines, candidateLines(w.Decision)...)
	}
	if w.Refusal == nil {
		return resp.Bulks(append(lines, "nothing stands in the way of a failover")...)
	}
	lines = append(lines, fmt.Sprintf("not now, since %s: %s (%s)", w.Refusal.At.UTC().Format(time.RFC3339), w.Refusal.Message, w.Refusal.Reason))
	if w.Refusal.Decision != nil {
		lines = append(lines, candidateLines(w.Refusal.Decision)...)
	}
	return resp.Bulks(lines...)
}

func known(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}

func candidateLines(d *sentinel.Decision) []string {
	lines := make([]string, len(d.Candidates))
	for i, one := range d.Candidates {
		lines[i] = fmt.Sprintf("  candidate %s: offset %d, priority %d, node %s, zone %s, replication id %s", one.Pod, one.Offset, one.Priority, one.Node, known(one.Zone), one.ReplID)
		if one.Refused != "" {
			lines[i] += ", refused: " + one.Refused
		}
	}
	return lines
}
