package image

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"
)

// Tree is the files of an image by path, such as "usr/bin/env", without those folders
// that nothing is to be said of.
type Tree map[string]File

// File is a folder, a symbolic link or a regular file, as its Mode says.
type File struct {
	Mode     fs.FileMode
	UID, GID int
	Target   string // a link's
	Data     []byte
}

func (t Tree) dir(name string, perm fs.FileMode) { t[name] = File{Mode: fs.ModeDir | perm} }

func (t Tree) link(name, target string) { t[name] = File{Mode: fs.ModeSymlink | 0o777, Target: target} }

func (t Tree) text(name, data string) { t[name] = File{Mode: 0o644, Data: []byte(data)} }

func (t Tree) script(name, data string) { t[name] = File{Mode: 0o755, Data: []byte(data)} }

// binary takes a program from the disk; a link there is followed.
func (t Tree) binary(name, from string) error {
	data, err := os.ReadFile(from)
	t[name] = File{Mode: 0o755, Data: data}
	return err
}

// own gives what is already in the tree to a user.
func (t Tree) own(name string, uid, gid int) {
	file := t[name]
	file.UID, file.GID = uid, gid
	t[name] = file
}

// copy takes a folder of the disk with all that is in it, links as they are.
func (t Tree) copy(name, from string) error {
	return filepath.WalkDir(from, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		if entry.Type() != fs.ModeSymlink {
			return t.binary(path.Join(name, relative), file)
		}
		target, err := os.Readlink(file)
		t.link(path.Join(name, relative), target)
		return err
	})
}

// layer is the tree as a tar. A folder sorts before what is in it.
func (t Tree) layer() ([]byte, error) {
	all := maps.Clone(t)
	for name := range t {
		for parent := path.Dir(name); parent != "."; parent = path.Dir(parent) {
			if _, ok := all[parent]; !ok {
				all.dir(parent, 0o755)
			}
		}
	}
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if err := all[name].write(w, name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	err := w.Close()
	return out.Bytes(), err
}

func (f File) write(w *tar.Writer, name string) error {
	header := &tar.Header{Name: name, Uid: f.UID, Gid: f.GID, ModTime: time.Unix(0, 0), Size: int64(len(f.Data))}
	header.Mode = int64(f.Mode.Perm())
	if f.Mode&fs.ModeSticky != 0 {
		header.Mode |= 0o1000
	}
	switch {
	case f.Mode.IsDir():
		header.Typeflag, header.Name = tar.TypeDir, name+"/"
	case f.Mode&fs.ModeSymlink != 0:
		header.Typeflag, header.Linkname = tar.TypeSymlink, f.Target
	default:
		header.Typeflag = tar.TypeReg
	}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	_, err := w.Write(f.Data)
	return err
}
