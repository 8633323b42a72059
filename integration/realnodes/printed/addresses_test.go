package printed

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

var address = regexp.MustCompile(`(\S+\.svc):(\d+)`)

// addressesAnswer: who connects to what the notes tell to give to clients is not refused,
// whatever node they are on.
func (s *set) addressesAnswer(ctx context.Context) error {
	found := address.FindAllStringSubmatch(s.notes, -1)
	if len(found) != 3 {
		return fmt.Errorf("%d addresses, want those of the Sentinel port, of the master and of replicas", len(found))
	}
	pods, err := s.Pods(ctx, s.Namespace, cluster.RedisSelector(s.Name))
	if err != nil {
		return err
	}
	for pod := range pods {
		for _, a := range found {
			if s.kind.alone && strings.Contains(a[1], "-replicas") {
				continue // there are none
			}
			connect := fmt.Sprintf("nc -w 2 %s %s </dev/null", a[1], a[2])
			if _, err := s.Kubectl(ctx, "-n", s.Namespace, "exec", pod, "-c", "redis", "--", "sh", "-c", connect); err != nil {
				return err
			}
		}
	}
	return nil
}
