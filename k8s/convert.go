package k8s

import (
	"cmp"
	"crypto/sha1" //nolint:gosec // an identifier of 40 hex digits as Redis has them, not a secret
	"encoding/hex"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

const defaultPort = 6379

// announcer finds what clients are told in place of a pod's address; see Watch.announce.
type announcer func(row *podRow, port int) sentinel.Addr

// toPod cuts a row down to the model. port is the one that the StatefulSet's
// annotation names, 0 without one, for a pod that has none of its own; announce says
// what clients are told.
func toPod(row *podRow, port int, announce announcer) sentinel.Pod {
	if own, err := parsePort(row.port); err == nil {
		port = own
	}
	container, port := redisContainer(row.containers, port)
	pod := sentinel.Pod{
		Name:        row.name,
		UID:         row.uid,
		Node:        row.node,
		Zone:        row.zone,
		Ordinal:     ordinal(row.name),
		ContainerID: container.id,
		MemoryLimit: container.memory,
		Waits:       row.waits.of(container.name),
		Ready:       row.ready,
		Ended:       row.ended,
		NodeSilent:  row.nodeSilent,
		Terminating: row.terminating,
		Disrupted:   row.disrupted,
		Role:        row.role,
	}
	// A finished pod has given its address back: another pod may have it by now.
	if row.ip != "" && !row.finished {
		pod.Addr = sentinel.Addr{Host: row.ip, Port: port}
		pod.Announce = announce(row, port)
	}
	return pod
}

// redisContainer finds the container that Redis runs in and its port: by the
// port that is asked for, by a port called redis, by the container's name, by
// Redis's usual port, by names that only contain redis or valkey, else the first container.
func redisContainer(containers []containerRow, wanted int) (container containerRow, port int) {
	port = cmp.Or(wanted, defaultPort)
	ownsPort := func(match func(portRow) bool) func(containerRow) bool {
		return func(c containerRow) bool { return slices.ContainsFunc(c.ports, match) }
	}
	named := func(p portRow) bool { return p.name == "redis" }
	numbered := func(p portRow) bool { return p.number == port }

	rules := []func(containerRow) bool{
		ownsPort(named),
		func(c containerRow) bool { return c.name == "redis" },
		ownsPort(numbered),
		ownsPort(func(p portRow) bool { return soundsRedis(p.name) }),
		func(c containerRow) bool { return soundsRedis(c.name) },
		func(containerRow) bool { return true },
	}
	if wanted != 0 {
		rules = slices.Insert(rules, 0, ownsPort(numbered))
	}
	for _, rule := range rules {
		i := slices.IndexFunc(containers, rule)
		switch {
		case i < 0:
		case wanted != 0:
			return containers[i], port
		default:
			return containers[i], redisPort(containers[i].ports)
		}
	}
	return containerRow{}, port
}

// redisPort is the one of a container's ports that Redis listens on: that called redis, its
// usual one, one that is called like it, or the first that is not called like another's.
// Where none is declared Redis listens where it usually does.
func redisPort(ports []portRow) int {
	for _, rule := range []func(portRow) bool{
		func(p portRow) bool { return p.name == "redis" },
		func(p portRow) bool { return p.number == defaultPort },
		func(p portRow) bool { return soundsRedis(p.name) && !soundsOther(p.name) },
		func(p portRow) bool { return !soundsOther(p.name) },
	} {
		if i := slices.IndexFunc(ports, rule); i >= 0 {
			return ports[i].number
		}
	}
	return defaultPort
}

func soundsRedis(name string) bool {
	return strings.Contains(name, "redis") || strings.Contains(name, "valkey")
}

// soundsOther tells of names that are given to other ports beside that of Redis.
func soundsOther(name string) bool {
	return slices.ContainsFunc([]string{"metric", "exporter", "prom", "http", "health", "gossip", "bus", "sentinel", "debug"}, func(other string) bool {
		return strings.Contains(name, other)
	})
}

// ordinal is the number at the end of a StatefulSet's pod name, 0 without one.
func ordinal(pod string) int {
	_, digits, _ := cutLast(pod, "-")
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return int(n)
}

func cutLast(text, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(text, separator); i >= 0 {
		return text[:i], text[i+len(separator):], true
	}
	return text, "", false
}

func byOrdinal(a, b sentinel.Pod) int {
	return cmp.Or(cmp.Compare(a.Ordinal, b.Ordinal), cmp.Compare(a.Name, b.Name))
}

// PeerID is the run id that a replica of the service shows to clients: 40 hex
// digits made of its pod's UID, so that all replicas know it of each other.
func PeerID(uid string) string {
	sum := sha1.Sum([]byte(uid)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

// toPeers lists the other replicas of the service, ordered by pod name. One
// without an address cannot be asked anything, so it is not listed yet. Nor is a pod that
// has their labels and another controller, or none: clients are told of replicas, and
// would give it their password. port is for those whose containers name none.
func toPeers(rows []*peerRow, self string, port int) []sentinel.Peer {
	slices.SortFunc(rows, func(a, b *peerRow) int { return cmp.Compare(a.name, b.name) })
	var ours string
	if i := slices.IndexFunc(rows, func(row *peerRow) bool { return row.name == self }); i >= 0 {
		ours = rows[i].workload
	}
	var peers []sentinel.Peer
	for _, row := range rows {
		if row.name == self || net.ParseIP(row.ip) == nil || row.finished || ours != "" && row.workload != ours {
			continue
		}
		addr, err := parseAnnounce(row.announce)
		if err != nil {
			addr = sentinel.Addr{Host: row.ip, Port: cmp.Or(row.port, port)}
		}
		peers = append(peers, sentinel.Peer{
			ID:        PeerID(row.uid),
			Addr:      addr,
			Ready:     row.ready,
			SDown:     !row.ready,
			SDownTime: row.since,
		})
	}
	return peers
}
