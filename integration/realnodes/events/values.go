package events

import (
	"strings"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// imageValues choose the servers' image, repository:tag; nothing chooses the chart's default.
func imageValues(ref string) cluster.Values {
	if ref == "" {
		return cluster.Values{}
	}
	repository, tag, _ := strings.Cut(ref, ":")
	return cluster.Values{"redis": cluster.Values{"image": cluster.Values{"repository": repository, "tag": tag}}}
}
