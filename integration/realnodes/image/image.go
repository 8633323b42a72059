package image

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Image is what will be written into an archive.
type Image struct {
	Ref    string // as pods name it
	Config v1.Config
	Tree   Tree
}

// Archive is an image on the disk. Imported, it has the name that Ref is short for.
type Archive struct{ Ref, Path string }

const searchPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Write puts the image into the folder, under a name made of its Ref. An archive that
// is there with the same contents stays; another one is replaced when the new is whole.
func (i Image) Write(folder string) (Archive, error) {
	built, err := i.build()
	if err != nil {
		return Archive{Ref: i.Ref}, fmt.Errorf("%s: %w", i.Ref, err)
	}
	return write(built, i.Ref, folder)
}

// Named writes the same image once more, beside it, under another name.
func (a Archive) Named(ref string) (Archive, error) {
	built, err := a.Read()
	if err != nil {
		return Archive{Ref: ref}, err
	}
	return write(built, ref, filepath.Dir(a.Path))
}

func write(built v1.Image, ref, folder string) (Archive, error) {
	archive := Archive{ref, filepath.Join(folder, strings.NewReplacer("/", "_", ":", "_").Replace(ref)+".tar")}
	tag, err := name.NewTag(ref)
	if err != nil {
		return archive, err
	}
	want, err := built.ConfigName() // a hash of the layer's hash, too
	if err != nil || holds(archive.Path, want) {
		return archive, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return archive, err
	}
	whole, err := os.CreateTemp(folder, ".new-*")
	if err != nil {
		return archive, err
	}
	defer os.Remove(whole.Name())
	if err := tarball.Write(tag, built, whole); err != nil {
		return archive, fmt.Errorf("%s: %w", ref, err)
	}
	if err := errors.Join(whole.Chmod(0o644), whole.Close()); err != nil {
		return archive, err
	}
	return archive, os.Rename(whole.Name(), archive.Path)
}

func (i Image) build() (v1.Image, error) {
	layer, err := i.Tree.layer()
	if err != nil {
		return nil, err
	}
	base, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{
		Architecture: runtime.GOARCH,
		OS:           "linux",
		Created:      v1.Time{Time: time.Unix(0, 0).UTC()},
		Config:       i.Config,
		RootFS:       v1.RootFS{Type: "layers"},
	})
	if err != nil {
		return nil, err
	}
	// Not compressed: it is unpacked on this very computer, once for each node.
	return mutate.AppendLayers(base, static.NewLayer(layer, types.DockerUncompressedLayer))
}

// holds tells whether the archive is there and is of that image.
func holds(archive string, config v1.Hash) bool {
	manifest, err := tarball.LoadManifest(opener(archive))
	return err == nil && len(manifest) == 1 && manifest[0].Config == config.String()
}
