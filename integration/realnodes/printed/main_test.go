package printed

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/image"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/suite"
)

// published is the service's image as the READMEs name it.
const published = "registry.example.com/redis-sentinel-k8s:1"

// TestMain runs everything in namespaces of its own, on nodes that have the image of the
// READMEs as if somebody had pushed it.
func TestMain(m *testing.M) {
	suite.Main(m, func(_ context.Context, _ string, have []image.Archive) ([]image.Archive, error) {
		for _, archive := range have {
			if strings.HasPrefix(archive.Ref, "redis-sentinel-k8s/redis-sentinel-k8s:") {
				other, err := archive.Named(published)
				return []image.Archive{other}, err
			}
		}
		return nil, fmt.Errorf("the service is not among %v", have)
	})
}
