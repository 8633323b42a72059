package main

import "fmt"

const (
	askAddr     = "SENTINEL get-master-addr-by-name cache-0"
	askPing     = "PING"
	askMaster   = "SENTINEL MASTER cache-0"
	askMasters  = "SENTINEL MASTERS"
	askReplicas = "SENTINEL REPLICAS cache-0"
)

// names of the commands in the table.
var names = map[string]string{
	askAddr: "get-master-addr-by-name", askPing: "PING", askMaster: "MASTER", askMasters: "MASTERS", askReplicas: "REPLICAS",
}

// goalOf is the goal that a work is for; they speak of 50 connections.
func goalOf(w work, masters int) string {
	switch {
	case w.conns != 50 || w.resp3:
	case w.command == askAddr && masters == 1 && w.pipeline == 1:
		return goalAddr
	case w.command == askAddr && masters == 1 && w.pipeline == 16:
		return goalAddr16
	case w.command == askReplicas && masters == 1 && w.pipeline == 1:
		return goalReplicas
	case w.command == askMasters && w.pipeline == 1:
		return goalMasters
	}
	return ""
}

func want(command string, masters, conns, pipeline int, resp3 bool) wanted {
	w := work{command: command, conns: conns, pipeline: pipeline, resp3: resp3}
	what := fmt.Sprintf("%s, %s, %s, P=%d", names[command], count(masters, "master"), count(conns, "connection"), pipeline)
	if resp3 {
		what += ", RESP3"
	}
	return wanted{work: w, what: what, goal: goalOf(w, masters), size: masters}
}

// quickWorks are those that the aims speak of, and one of each kind beside them.
func quickWorks(masters int) []wanted {
	switch masters {
	case 1:
		return []wanted{
			want(askAddr, 1, 50, 1, false), want(askAddr, 1, 50, 16, false), want(askAddr, 1, 50, 1, true),
			want(askAddr, 1, 1, 1, false), want(askAddr, 1, 1000, 1, false),
			want(askPing, 1, 50, 1, false), want(askPing, 1, 50, 16, false),
			want(askMaster, 1, 50, 1, false), want(askReplicas, 1, 50, 1, false), want(askReplicas, 1, 50, 16, false),
		}
	case 100:
		return []wanted{want(askMasters, 100, 50, 1, false), want(askReplicas, 100, 50, 1, false)}
	}
	return []wanted{want(askAddr, masters, 50, 1, false), want(askAddr, masters, 50, 16, false), want(askMasters, masters, 50, 1, false)}
}

// smokeWorks are those that the aims speak of.
func smokeWorks(masters int) []wanted {
	if masters == 1 {
		return []wanted{want(askAddr, 1, 50, 1, false), want(askAddr, 1, 50, 16, false), want(askReplicas, 1, 50, 1, false)}
	}
	return []wanted{want(askMasters, masters, 50, 1, false)}
}

// fullWorks are all combinations.
func fullWorks(masters int) (works []wanted) {
	for _, command := range []string{askAddr, askPing, askMaster, askMasters, askReplicas} {
		for _, conns := range []int{1, 50, 1000} {
			for _, pipeline := range []int{1, 16} {
				for _, resp3 := range []bool{false, true} {
					if command == askMasters && conns*pipeline*masters > 100_000 {
						continue // gigabytes of replies under way
					}
					works = append(works, want(command, masters, conns, pipeline, resp3))
				}
			}
		}
	}
	return works
}
