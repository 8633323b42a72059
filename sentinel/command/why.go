package command

import (
	"fmt"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// why is ours alone: a real Sentinel has nothing to answer it with. It tells the
// last decision with its candidates, what does not go well, and what stands in the way of
// a decision now: what the record says, which every replica of the service has, and what the
// asked replica knows of itself, such as an API server that it does not reach and so cannot
// write to.
func (c *Commands) why(_ *resp.Session, args [][]byte) resp.Reply {
	view := c.options.Store.Snapshot().Master(string(args[2]))
	hindrance, is := c.hindrance(string(args[2]))
	switch {
	case view == nil && !is:
		return resp.Error(errNoMaster)
	case view == nil:
		lines := append([]string{"nobody is told of a master of this name"}, c.problems()...)
		if hindrance != "" {
			lines = append(lines, hindrance)
		}
		return resp.Bulks(lines...)
	case view.Why == nil:
		return resp.Array()
	}
	w := view.Why
	lines := []string{
		fmt.Sprintf("master %s at %s, epoch %d, phase %s", view.Master.Pod, view.Master.Addr, view.Epoch, w.Phase),
		fmt.Sprintf("since %s: %s", w.Since.UTC().Format(time.RFC3339), w.Reason),
	}
	if w.Decision != nil {
		choice := fmt.Sprintf("last choice: %s, %s", w.Decision.Chosen, w.Decision.Rule)
		if w.Decision.Reason != "" {
			choice += ", because " + w.Decision.Reason
		}
		lines = append(lines, choice)
		lines = append(lines, candidateLines(w.Decision)...)
	}
	for _, one := range view.Conditions {
		lines = append(lines, fmt.Sprintf("%s since %s: %s", one.Reason, one.Since.UTC().Format(time.RFC3339), one.Message))
	}
	obstacles := append(c.obstacles(view), refusalLines(w.Refusal)...)
	if hindrance != "" {
		obstacles = append([]string{hindrance}, obstacles...)
	}
	obstacles = append(obstacles, byHandLines(view)...)
	if len(obstacles) == 0 {
		obstacles = []string{"nothing stands in the way of a failover"}
	}
	return resp.Bulks(append(lines, obstacles...)...)
}

// obstacles are those that are not in the record.
func (c *Commands) obstacles(view *sentinel.View) []string {
	var lines []string
	if view.Config.Mode == sentinel.Observe {
		lines = append(lines, "not by this service: the mode is observe, others promote")
	}
	if view.CutOff {
		lines = append(lines, "the replica of the service that was asked is cut off: it reaches neither Kubernetes nor enough of the set, and names no master to clients")
	}
	return append(lines, c.problems()...)
}

// hindrance tells also of a set that has no master to be told of.
func (c *Commands) hindrance(master string) (text string, known bool) {
	if c.options.Hindrance == nil {
		return "", false
	}
	return c.options.Hindrance(master)
}

// problems are those of the replica of the service that was asked.
func (c *Commands) problems() (lines []string) {
	if c.options.Problems != nil {
		for _, problem := range c.options.Problems() {
			lines = append(lines, "not by the replica of the service that was asked: "+problem)
		}
	}
	return lines
}

func refusalLines(r *sentinel.Refusal) []string {
	if r == nil {
		return nil
	}
	lines := []string{fmt.Sprintf("not now, since %s: %s (%s)", r.At.UTC().Format(time.RFC3339), r.Message, r.Reason)}
	if r.Decision != nil {
		lines = append(lines, candidateLines(r.Decision)...)
	}
	return lines
}

// byHandLines say what a person can do about a silent master, and what that costs.
func byHandLines(view *sentinel.View) []string {
	r := view.Why.Refusal
	if r == nil || r.Reason != "MasterNotFenced" && r.Reason != "MasterSilentHere" {
		return nil
	}
	var lines []string
	for i := range view.Replicas {
		if one := &view.Replicas[i]; !one.Disconnected {
			lines = append(lines, fmt.Sprintf(`  by hand: %s becomes master with the StatefulSet's annotation redis-sentinel-k8s/promote="%s until <time>"; what %s took since %s heard of it last is lost then`,
				one.Pod, one.UID, view.Master.Pod, one.Pod))
		}
	}
	return lines
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
	if d.Omitted > 0 {
		lines = append(lines, fmt.Sprintf("  %d more candidates, for whom the record has no room", d.Omitted))
	}
	return lines
}
