package image

import (
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// nobody is the user of images that need none: the "nonroot" of distroless.
const nobody = "65532:65532"

// Binary is an image of one static binary on an empty root. Without an entrypoint it is
// called without arguments.
func Binary(ref, file string, entrypoint ...string) (Image, error) {
	program := filepath.Base(file)
	if len(entrypoint) == 0 {
		entrypoint = []string{"/" + program}
	}
	i := Image{Ref: ref, Tree: Tree{}, Config: v1.Config{
		Entrypoint: entrypoint,
		User:       nobody,
		Env:        []string{searchPath},
		WorkingDir: "/",
	}}
	return i, i.Tree.binary(program, file)
}

// pause is the image of pods' sandboxes, by the name that containerd is told.
func pause(binaries string) (Image, error) {
	i, err := Binary(Pause, filepath.Join(binaries, "pause"))
	i.Config.User = "65535:65535"
	return i, err
}

func coreDNS(binaries string) (Image, error) {
	i, err := Binary(CoreDNS, filepath.Join(binaries, "coredns"))
	i.Config.ExposedPorts = map[string]struct{}{"53/tcp": {}, "53/udp": {}}
	return i, err
}
