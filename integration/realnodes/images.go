package realnodes

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/image"
)

// ImageFolder is where archives of images are kept between runs.
func (b Binaries) ImageFolder() string { return filepath.Join(b.folder, "images") }

// importImages brings the images to a node that has not had them before.
func (n *Node) importImages(ctx context.Context) error {
	done := filepath.Join(n.dir, "images-imported")
	if _, err := os.Stat(done); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, archive := range n.cluster.images {
		if _, err := n.ctr(ctx, "images", "import", archive.Path); err != nil {
			return err
		}
	}
	return os.WriteFile(done, nil, 0o644)
}

// Images writes the archives of all images, that of the service as this tree has it now. What comes from Debian's packages must have been fetched before: the
// program's namespaces reach no network.
func Images(ctx context.Context, progress Progress) ([]image.Archive, error) {
	binaries, err := FindBinaries()
	if err != nil {
		return nil, err
	}
	return image.All(ctx, binaries.folder, binaries.ImageFolder(), progress)
}
