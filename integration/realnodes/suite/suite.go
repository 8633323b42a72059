package suite

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/image"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/machine"
)

// Images makes what the nodes of a package have beside the images that every cluster needs,
// which it is told, as archives in a folder.
type Images func(ctx context.Context, folder string, have []image.Archive) ([]image.Archive, error)

// shared is the cluster that all tests use: nodes take longer to boot than sets to install.
var shared struct {
	dir     string
	more    Images
	once    sync.Once
	cluster *realnodes.Cluster
	err     error
}

// Main is the TestMain of a package: its tests run in namespaces of their own. It does not
// return. Where real nodes are not possible it says why, and fails if CI=true.
func Main(m *testing.M, more Images) {
	flag.Parse()
	if err := machine.Possible(); err != nil && os.Getenv("CI") != "true" {
		fmt.Fprintln(os.Stderr, "not tried:", err)
		os.Exit(0)
	}
	shared.dir, shared.more = machine.Inside(machine.Options{}), more
	os.Exit(run(m))
}

func run(m *testing.M) int {
	code := m.Run()
	if shared.cluster == nil {
		return code
	}
	if code != 0 {
		show(shared.cluster)
		keep(shared.dir)
	}
	if err := shared.cluster.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// Nodes is the cluster, started for the first test that asks.
func Nodes(t testing.TB) *realnodes.Cluster {
	t.Helper()
	shared.once.Do(func() {
		// Not the test's context: the cluster outlives it.
		shared.cluster, shared.err = start(context.Background())
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.cluster
}

func start(ctx context.Context) (*realnodes.Cluster, error) {
	progress := func(line string) { fmt.Fprintln(os.Stderr, line) }
	images, err := realnodes.Images(ctx, progress)
	if err != nil {
		return nil, err
	}
	if shared.more != nil {
		binaries, err := realnodes.FindBinaries()
		if err != nil {
			return nil, err
		}
		more, err := shared.more(ctx, binaries.ImageFolder(), images)
		if err != nil {
			return nil, err
		}
		images = append(images, more...)
	}
	return realnodes.Start(ctx, realnodes.Options{Dir: shared.dir, Nodes: 3, Images: images, Progress: progress})
}
