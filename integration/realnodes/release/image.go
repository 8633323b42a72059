package release

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/image"
)

// WriterImage is the image of the pods that put load on a set.
const WriterImage = "redis-sentinel-k8s/writer:test"

// WriterArchive builds the writer of this tree and writes its image into a folder.
func WriterArchive(ctx context.Context, folder string) (image.Archive, error) {
	work, err := os.MkdirTemp("", "writer-")
	if err != nil {
		return image.Archive{}, err
	}
	defer func() { _ = os.RemoveAll(work) }()
	_, file, _, _ := runtime.Caller(0)
	binary := filepath.Join(work, "writer")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "./load/writer")
	cmd.Dir = filepath.Dir(filepath.Dir(file))
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return image.Archive{}, fmt.Errorf("build the writer: %w\n%s", err, out)
	}
	writer, err := image.Binary(WriterImage, binary)
	if err != nil {
		return image.Archive{}, err
	}
	return writer.Write(folder)
}
