package image

import (
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func opener(file string) tarball.Opener {
	return func() (io.ReadCloser, error) { return os.Open(file) }
}

// Read opens an archive that has one image in it.
func (a Archive) Read() (v1.Image, error) { return tarball.Image(opener(a.Path), nil) }
