package image

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// The images of Redis and Valkey, by the names that the chart gives them.
const (
	Redis70  = "redis:7.0-alpine"
	Redis80  = "redis:8.0-alpine"
	Valkey81 = "valkey/valkey:8.1-alpine"
	Valkey91 = "valkey/valkey:9.1-alpine"
)

// server is one of these images.
type server struct {
	ref    string
	debian string // what integration/versions/debian.sh calls it
	kin    string // whose commands it has
}

var servers = []server{
	{Redis70, "redis-7.0", "redis"},
	{Redis80, "redis-8.0", "redis"},
	{Valkey81, "valkey-8.1", "valkey"},
	{Valkey91, "valkey-9.1", "valkey"},
}

// The official images' user. The chart chooses a user of its own.
const uid, gid = 999, 1000

// root is the folder with the server, its libraries and busybox, fetched if it is missing.
func (s server) root(ctx context.Context, progress io.Writer) (string, error) {
	cmd := exec.CommandContext(ctx, "sh", filepath.Join(repository(), "integration", "versions", "debian.sh"), s.debian)
	var said strings.Builder
	cmd.Stderr = io.MultiWriter(&said, progress)
	folder, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", s.debian, err, said.String())
	}
	return strings.TrimSpace(string(folder)), nil
}

// image lays the server out as its official image on Alpine does.
func (s server) image(ctx context.Context, root string) (Image, error) {
	i := Image{Ref: s.ref, Tree: Tree{}, Config: v1.Config{
		Entrypoint:   []string{"docker-entrypoint.sh"},
		Cmd:          []string{s.kin + "-server"},
		ExposedPorts: map[string]struct{}{"6379/tcp": {}},
		Env:          []string{searchPath},
		WorkingDir:   "/data",
	}}
	if s.kin == "redis" {
		i.Config.Volumes = map[string]struct{}{"/data": {}}
	}
	if err := s.programs(i.Tree, root); err != nil {
		return i, err
	}
	if err := busybox(ctx, i.Tree, root); err != nil {
		return i, err
	}
	for _, libraries := range []string{"usr/lib", "usr/lib64"} {
		if err := i.Tree.copy(libraries, filepath.Join(root, libraries)); err != nil {
			return i, err
		}
	}
	s.system(i.Tree)
	return i, nil
}

// programs are in /usr/local/bin there; all those that are the server under another name
// are links to it. Valkey's have the names that Redis gave them, too.
func (s server) programs(t Tree, root string) error {
	const bin = "usr/local/bin"
	for _, program := range []string{"-server", "-cli", "-benchmark"} {
		if err := t.binary(path.Join(bin, s.kin+program), filepath.Join(root, "usr/bin", s.kin+program)); err != nil {
			return err
		}
	}
	for _, program := range []string{"-check-aof", "-check-rdb", "-sentinel"} {
		t.link(path.Join(bin, s.kin+program), s.kin+"-server")
	}
	if s.kin == "redis" {
		return nil
	}
	for _, program := range []string{"-server", "-cli", "-benchmark", "-check-aof", "-check-rdb", "-sentinel"} {
		t.link(path.Join(bin, "redis"+program), s.kin+program)
	}
	return nil
}

// system is the rest: users, folders and the entrypoint.
func (s server) system(t Tree) {
	for _, name := range []string{"bin", "sbin", "lib", "lib64"} {
		t.link(name, "usr/"+name)
	}
	t.text("etc/passwd", fmt.Sprintf("root:x:0:0:root:/root:/bin/sh\n%s:x:%d:%d::/data:/sbin/nologin\n", s.kin, uid, gid))
	t.text("etc/group", fmt.Sprintf("root:x:0:\n%s:x:%d:\n", s.kin, gid))
	t.dir("root", 0o700)
	t.dir("tmp", 0o777|sticky)
	t.dir("data", 0o755)
	if s.kin == "valkey" {
		t.dir("data", 0o777|sticky)
	}
	t.own("data", uid, gid)
	t.script("usr/local/bin/docker-entrypoint.sh", strings.ReplaceAll(entrypoint, "KIN", s.kin))
}

// busybox brings sh and the other commands that it is called by.
func busybox(ctx context.Context, t Tree, root string) error {
	program := filepath.Join(root, "usr/bin/busybox")
	out, err := exec.CommandContext(ctx, program, "--list-full").Output()
	if err != nil {
		return fmt.Errorf("busybox --list-full: %w", err)
	}
	for applet := range strings.FieldsSeq(string(out)) {
		if !strings.HasPrefix(applet, "usr/") {
			applet = "usr/" + applet // /bin is a link
		}
		t.link(applet, "/usr/bin/busybox")
	}
	return t.binary("usr/bin/busybox", program)
}
