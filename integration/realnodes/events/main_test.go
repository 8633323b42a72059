package events

import (
	"context"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/image"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/release"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/suite"
)

// TestMain runs everything in namespaces of its own.
func TestMain(m *testing.M) {
	suite.Main(m, func(ctx context.Context, folder string, _ []image.Archive) ([]image.Archive, error) {
		writer, err := release.WriterArchive(ctx, folder)
		return []image.Archive{writer}, err
	})
}
