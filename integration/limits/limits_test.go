package limits

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/controlplane"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

var (
	limitsFlag = flag.String("limits", "128Mi", "memory limits, separated by commas")
	loadsFlag  = flag.String("loads", "", "only loads whose description has one of these, separated by |")
	program    = flag.String("program", "", "the server; redis-server of the PATH when empty")
	set        = flag.String("set", "", "values of the chart, separated by semicolons")
	within     = flag.Duration("within", time.Minute, "bound for getting in sync")
)

func bench(t *testing.T, values ...string) *Bench {
	t.Helper()
	if err := Possible(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	server := *program
	if server == "" {
		server = redis.Binary(t, "redis-server")
	}
	folder, err := filepath.Abs("../../charts/redis-cache")
	if err != nil {
		t.Fatal(err)
	}
	chart := Chart{Helm: controlplane.RequireTools(t).Path("helm"), Folder: folder, Set: values}
	b := &Bench{Program: server, Chart: chart, Dir: t.TempDir(), Within: *within, Hold: 2 * time.Second}
	t.Cleanup(b.Close)
	return b
}

func TestProbe(t *testing.T) {
	var values []string
	if *set != "" {
		values = strings.Split(*set, ";")
	}
	b := bench(t, values...)
	for _, limit := range strings.Split(*limitsFlag, ",") {
		for _, size := range []int{1000, 10000} {
			for _, load := range []Load{{1, 1, size}, {20, 1, size}, {20, 16, size}} {
				for _, replicas := range []int{1, 2} {
					r, err := b.Run(t.Context(), Case{limit, load, replicas})
					if err != nil {
						t.Fatal(err)
					}
					t.Logf("%s max %dM %s, %d repl: killed %v, master %dM, replica %dM, in sync %s (%s), syncs %d, %d MB/s, buffers %dM, cow %dM", limit, r.Maxmemory>>20, load, replicas, r.Killed, r.MasterPeak>>20, r.ReplicaPeak>>20, r.InSync.Round(10*time.Millisecond), r.Took.Round(10*time.Millisecond), r.Syncs, r.Rate/1e6, r.Buffers>>20, r.CopyOnWrite>>20)
				}
			}
		}
	}
}
