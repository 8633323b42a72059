package image

import (
	"archive/tar"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

type entry struct {
	header tar.Header
	data   []byte
}

// written writes an image and reads it back: its config, and its files by path.
func written(t *testing.T, i Image, err error) (v1.Config, map[string]entry) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	archive, err := i.Write(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return read(t, archive)
}

func read(t *testing.T, archive Archive) (v1.Config, map[string]entry) {
	t.Helper()
	image, err := archive.Read()
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	layers, err := image.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers (%v)", len(layers), err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	files := make(map[string]entry)
	for r := tar.NewReader(content); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return config.Config, files
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(header.Name, "/")
		if parent := filepath.Dir(name); parent != "." && files[parent].header.Typeflag != tar.TypeDir {
			t.Errorf("%s comes before its folder", name)
		}
		files[name] = entry{*header, data}
	}
}

func ports(set map[string]struct{}) []string { return slices.Collect(maps.Keys(set)) }

// equal compares in any order.
func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// program is a file that an image can be made of.
func program(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "writer")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestBinary(t *testing.T) {
	i, err := Binary("example.com/tests/writer:1", program(t, "x"))
	config, files := written(t, i, err)
	equal(t, "entrypoint", config.Entrypoint, []string{"/writer"})
	equal(t, "user", []string{config.User}, []string{"65532:65532"})
	if got := files["writer"]; got.header.Mode != 0o755 || string(got.data) != "x" || len(files) != 1 {
		t.Errorf("files: %v", files)
	} else if got.header.ModTime.Unix() != 0 || got.header.Uid != 0 {
		t.Errorf("of %s, by %d: not the same wherever and whenever it is made", got.header.ModTime, got.header.Uid)
	}
}

// TestWriteReplaces: the same contents leave the archive alone, byte for byte; others replace it.
func TestWriteReplaces(t *testing.T) {
	folder := t.TempDir()
	write := func(content string) (os.FileInfo, []byte) {
		t.Helper()
		i, err := Binary("writer:1", program(t, content))
		if err != nil {
			t.Fatal(err)
		}
		archive, err := i.Write(folder)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(archive.Path)
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(archive.Path)
		if err != nil {
			t.Fatal(err)
		}
		return info, data
	}
	first, data := write("one")
	if again, _ := write("one"); !os.SameFile(first, again) {
		t.Error("the same image was written again")
	}
	if other, _ := write("two"); os.SameFile(first, other) {
		t.Error("another image did not replace the archive")
	}
	if _, got := write("one"); string(got) != string(data) {
		t.Error("the same contents made other bytes")
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
		t.Errorf("%d files in the folder (%v)", len(left), err)
	}
}

// TestNamed: the same image, and pods that name it otherwise find it.
func TestNamed(t *testing.T) {
	i, err := Binary("writer:1", program(t, "x"))
	if err != nil {
		t.Fatal(err)
	}
	archive, err := i.Write(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	other, err := archive.Named("registry.example.com/people/writer:2")
	if err != nil {
		t.Fatal(err)
	}
	if config, files := read(t, other); string(files["writer"].data) != "x" || config.Entrypoint[0] != "/writer" {
		t.Errorf("another image: %v, %v", config, files)
	}
	manifest, err := tarball.LoadManifest(opener(other.Path))
	if err != nil || len(manifest) != 1 {
		t.Fatalf("%d images in the archive (%v)", len(manifest), err)
	}
	equal(t, "names", manifest[0].RepoTags, []string{"registry.example.com/people/writer:2"})
}

func TestWriteRefusesAName(t *testing.T) {
	i, err := Binary("Not A Name", program(t, "x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.Write(t.TempDir()); err == nil {
		t.Error("an image that nobody could name was written")
	}
}
