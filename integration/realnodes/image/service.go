package image

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"sigs.k8s.io/yaml"
)

// Service is the image of the service, with the layout of the Dockerfile at the root of
// the repository. Of the Dockerfile's base it has what a program can notice: users,
// home, /tmp and the environment, not the certificates and time zones.
func Service(ref, binary string) (Image, error) {
	i := Image{Ref: ref, Tree: Tree{}, Config: v1.Config{
		Entrypoint:   []string{"/redis-sentinel-k8s"},
		User:         nobody,
		ExposedPorts: map[string]struct{}{"26379/tcp": {}, "9121/tcp": {}},
		Env:          []string{searchPath, "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"},
		WorkingDir:   "/home/nonroot",
	}}
	i.Tree.text("etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n")
	i.Tree.text("etc/group", "root:x:0:\nnonroot:x:65532:\n")
	i.Tree.dir("home/nonroot", 0o700)
	i.Tree.own("home/nonroot", 65532, 65532)
	i.Tree.dir("tmp", 0o777|os.ModeSticky)
	return i, i.Tree.binary("redis-sentinel-k8s", binary)
}

// buildFlags are those of the Dockerfile, CGO_ENABLED=0 aside.
func buildFlags(version string) []string {
	return []string{"-trimpath", "-ldflags", "-s -w -X main.version=" + version}
}

// BuildService builds the service of this checkout into the folder and returns its path.
func BuildService(ctx context.Context, folder, version string) (string, error) {
	binary := filepath.Join(folder, "redis-sentinel-k8s")
	arguments := append([]string{"build", "-o", binary}, buildFlags(version)...)
	cmd := exec.CommandContext(ctx, "go", append(arguments, "./cmd/redis-sentinel-k8s")...)
	cmd.Dir = repository()
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the service: %w\n%s", err, out)
	}
	return binary, nil
}

// ChartRefs are the images that the chart names when nothing is chosen.
type ChartRefs struct{ Service, Redis string }

// ChartDefaults reads them out of the chart.
func ChartDefaults() (ChartRefs, error) {
	type image struct{ Repository, Tag string }
	var values struct {
		Redis    struct{ Image image }
		Sentinel struct{ Image image }
	}
	var chart struct{ AppVersion string }
	folder := filepath.Join(repository(), "charts", "redis-cache")
	err := errors.Join(load(filepath.Join(folder, "values.yaml"), &values), load(filepath.Join(folder, "Chart.yaml"), &chart))
	tag := values.Sentinel.Image.Tag
	if tag == "" {
		tag = chart.AppVersion
	}
	return ChartRefs{
		Service: values.Sentinel.Image.Repository + ":" + tag,
		Redis:   values.Redis.Image.Repository + ":" + values.Redis.Image.Tag,
	}, err
}

func load(file string, into any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return yaml.Unmarshal(data, into)
}
