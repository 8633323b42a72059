package image

import (
	"archive/tar"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// unpacked returns the folder that debian.sh has filled; where CI=true it must be there.
func (s server) unpacked(t *testing.T) string {
	t.Helper()
	script := filepath.Join(repository(), "integration", "versions", "debian.sh")
	out, err := exec.CommandContext(t.Context(), "sh", script, "--where", s.debian).Output()
	if err != nil {
		t.Fatal(err)
	}
	root := strings.TrimSpace(string(out))
	if _, err := os.Stat(root); err != nil {
		lacking(t, "run integration/versions/debian.sh "+s.debian)
	}
	return root
}

// lacking ends a test that this computer can not run.
func lacking(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

func TestServers(t *testing.T) {
	for _, s := range servers {
		t.Run(s.ref, func(t *testing.T) {
			i, err := s.image(t.Context(), s.unpacked(t))
			config, files := written(t, i, err)
			equal(t, "entrypoint", config.Entrypoint, []string{"docker-entrypoint.sh"})
			equal(t, "arguments", config.Cmd, []string{s.kin + "-server"})
			equal(t, "ports", ports(config.ExposedPorts), []string{"6379/tcp"})
			equal(t, "user", []string{config.User}, []string{""})
			if config.WorkingDir != "/data" {
				t.Errorf("it starts in %s", config.WorkingDir)
			}
			if data := files["data"].header; data.Uid != 999 || data.Gid != 1000 {
				t.Errorf("/data belongs to %d:%d", data.Uid, data.Gid)
			}
			// The commands of the chart's probes, of the hook and of what people are told to type.
			for _, name := range []string{"sh", "cat", "date", "sleep", "env", "nslookup"} {
				if files["usr/bin/"+name].header.Linkname != "/usr/bin/busybox" {
					t.Errorf("%s is not busybox", name)
				}
			}
			runs(t, s, config.Env, files)
		})
	}
}

// runs starts the server out of its image as the chart does, and talks to it.
func runs(t *testing.T, s server, env []string, files map[string]entry) {
	if os.Getuid() != 0 {
		lacking(t, "not root: the programs in the image are not run")
	}
	root := t.TempDir()
	unpack(t, root, files)
	inside := func(user uint32, command ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), "/usr/local/bin/"+command[0], command[1:]...)
		cmd.Dir, cmd.Env = "/data", env
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: user, Gid: user}}
		return cmd
	}
	output := func(cmd *exec.Cmd) string {
		out, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(out)) + errorText(err)
	}
	if got := output(inside(0, "docker-entrypoint.sh", "sh", "-c", "redis-cli --version && id -u")); !strings.HasSuffix(got, "\n0") {
		t.Errorf("another command than the server: %s", got)
	}

	log := new(bytes.Buffer)
	server := inside(0, "docker-entrypoint.sh", "--port", "0", "--unixsocket", "/tmp/socket", "--replicaof", "127.0.0.1", "1")
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	cli := func(command ...string) string {
		return output(inside(999, slices.Concat([]string{"redis-cli", "-s", "/tmp/socket"}, command)...))
	}
	deadline := time.Now().Add(10 * time.Second)
	for cli("ping") != "PONG" {
		if time.Now().After(deadline) {
			_ = server.Process.Kill()
			_ = server.Wait()
			t.Fatalf("%s does not answer: %s\n%s", s.ref, cli("ping"), log)
		}
	}
	version := strings.TrimPrefix(s.debian, s.kin+"-")
	if info := cli("info", "server"); !strings.Contains(info, s.kin+"_version:"+version+".") {
		t.Errorf("want version %s:\n%s", version, info)
	}
	if status, err := os.ReadFile("/proc/" + pid(server) + "/status"); err != nil ||
		!strings.Contains(string(status), "Name:\t"+s.kin+"-server\n") || !strings.Contains(string(status), "Uid:\t999\t") {
		t.Errorf("the server is not %s-server of user 999 (%v):\n%s", s.kin, err, status)
	}
	cli("shutdown", "nosave")
	if err := server.Wait(); err != nil {
		t.Errorf("%v\n%s", err, log)
	}
}

func unpack(t *testing.T, root string, files map[string]entry) {
	t.Helper()
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		file, to := files[name], filepath.Join(root, name)
		var err error
		switch file.header.Typeflag {
		case tar.TypeDir:
			err = os.Mkdir(to, 0o700)
		case tar.TypeSymlink:
			err = os.Symlink(file.header.Linkname, to)
		default:
			err = os.WriteFile(to, file.data, 0o600)
		}
		if err == nil {
			err = os.Lchown(to, file.header.Uid, file.header.Gid)
		}
		if err == nil && file.header.Typeflag != tar.TypeSymlink {
			err = os.Chmod(to, file.header.FileInfo().Mode())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
}

func pid(cmd *exec.Cmd) string { return strconv.Itoa(cmd.Process.Pid) }

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return " (" + err.Error() + ")"
}

// TestChartDefault: what the chart installs when nothing is chosen is among the tested.
func TestChartDefault(t *testing.T) {
	refs, err := ChartDefaults()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(servers, func(s server) bool { return s.ref == refs.Redis }) {
		t.Errorf("the chart's default is %s, which is no image here and was never tested", refs.Redis)
	}
	if !strings.HasPrefix(refs.Service, "redis-sentinel-k8s/redis-sentinel-k8s:") || strings.HasSuffix(refs.Service, ":") {
		t.Errorf("the service is %q", refs.Service)
	}
}
