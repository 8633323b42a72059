package everyday

import (
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/suite"
)

// TestMain runs everything in namespaces of its own.
func TestMain(m *testing.M) { suite.Main(m, nil) }
