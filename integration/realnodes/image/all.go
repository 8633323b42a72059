package image

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// The images that every cluster needs. Whoever configures containerd names Pause.
const (
	Pause   = "registry.k8s.io/pause:3.10"
	CoreDNS = "registry.k8s.io/coredns/coredns:v1.14.7"
)

const sticky = fs.ModeSticky

// All writes every image into the folder and returns the archives: the service of this
// checkout under the chart's default name, the servers, pause and CoreDNS. The last two
// are of the binaries that binaries/build.sh made. Debian packages that are not in the
// cache are fetched, with lines on progress; later calls take a few seconds.
func All(ctx context.Context, binaries, folder string, progress io.Writer) ([]Archive, error) {
	var archives []Archive
	add := func(i Image, err error) error {
		if err != nil {
			return err
		}
		archive, err := i.Write(folder)
		archives = append(archives, archive)
		return err
	}
	if err := errors.Join(add(pause(binaries)), add(coreDNS(binaries)), add(thisService(ctx))); err != nil {
		return nil, err
	}
	for _, s := range servers {
		root, err := s.root(ctx, progress)
		if err != nil {
			return nil, err
		}
		if err := add(s.image(ctx, root)); err != nil {
			return nil, err
		}
	}
	return archives, nil
}

// thisService builds the service of this checkout, under the name that the chart has for it.
func thisService(ctx context.Context) (Image, error) {
	refs, err := ChartDefaults()
	if err != nil {
		return Image{}, err
	}
	_, version, _ := strings.Cut(refs.Service, ":")
	work, err := os.MkdirTemp("", "service-image-*")
	if err != nil {
		return Image{}, err
	}
	defer os.RemoveAll(work)
	binary, err := BuildService(ctx, work, version)
	if err != nil {
		return Image{}, err
	}
	return Service(refs.Service, binary)
}

// repository is the root of this checkout.
func repository() string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "..", "..", "..")
}
