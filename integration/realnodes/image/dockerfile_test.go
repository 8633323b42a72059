package image

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// stage is what a Dockerfile says from one FROM to the next.
type stage struct {
	base         string
	instructions []instruction
}

type instruction struct{ name, rest string }

// dockerfile reads the one at the root of the repository.
func dockerfile(t *testing.T) []stage {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repository(), "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	var stages []stage
	for line := range strings.Lines(strings.ReplaceAll(string(data), "\\\n", " ")) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		switch name = strings.ToUpper(name); {
		case name == "FROM":
			base, _, _ := strings.Cut(rest, " ")
			stages = append(stages, stage{base: base})
		case len(stages) > 0:
			last := &stages[len(stages)-1]
			last.instructions = append(last.instructions, instruction{name, strings.TrimSpace(rest)})
		}
	}
	return stages
}

func (s stage) all(name string) []string {
	var found []string
	for _, i := range s.instructions {
		if i.name == name {
			found = append(found, i.rest)
		}
	}
	return found
}

// TestServiceIsTheDockerfiles: every instruction of the Dockerfile's last stage is in the
// image, and nothing that the base, which is known here, does not bring.
func TestServiceIsTheDockerfiles(t *testing.T) {
	stages := dockerfile(t)
	build, last := stages[0], stages[len(stages)-1]
	if last.base != "gcr.io/distroless/static-debian12:nonroot" {
		t.Fatalf("the base is %s now: look what it brings", last.base)
	}
	program := []byte("not really a program")
	file := filepath.Join(t.TempDir(), "built")
	if err := os.WriteFile(file, program, 0o755); err != nil {
		t.Fatal(err)
	}
	i, err := Service("redis-sentinel-k8s/redis-sentinel-k8s:1", file)
	config, files := written(t, i, err)

	want := []string{"home", "home/nonroot", "tmp", "etc", "etc/passwd", "etc/group"} // the base's
	for _, i := range last.instructions {
		switch i.name {
		case "USER":
			equal(t, "user", []string{config.User}, []string{i.rest})
		case "EXPOSE":
			equal(t, "ports", ports(config.ExposedPorts), tcp(strings.Fields(i.rest)))
		case "ENTRYPOINT":
			var entrypoint []string
			if err := json.Unmarshal([]byte(i.rest), &entrypoint); err != nil {
				t.Fatal(err)
			}
			equal(t, "entrypoint", config.Entrypoint, entrypoint)
		case "COPY":
			to := i.rest[strings.LastIndexByte(i.rest, ' ')+1:]
			want = append(want, path.Clean(strings.TrimPrefix(to, "/")))
			if got := files[strings.TrimPrefix(to, "/")]; string(got.data) != string(program) || got.header.Mode != 0o755 {
				t.Errorf("%s is not the program (mode %o)", to, got.header.Mode)
			}
		default:
			t.Errorf("the image knows nothing of %s %s", i.name, i.rest)
		}
	}
	got := make([]string, 0, len(files))
	for name := range files {
		got = append(got, name)
	}
	equal(t, "files", got, want)
	if len(config.Cmd) > 0 || len(config.Volumes) > 0 {
		t.Errorf("the image has arguments %q and volumes %v, the Dockerfile none", config.Cmd, config.Volumes)
	}

	flags := buildFlags("${VERSION}")
	command := "CGO_ENABLED=0 go build " + flags[0] + " " + flags[1] + ` "` + flags[2] + `" -o /redis-sentinel-k8s ./cmd/redis-sentinel-k8s`
	if !slices.Contains(build.all("RUN"), command) {
		t.Errorf("the Dockerfile builds with\n%s\nand not with\n%s", strings.Join(build.all("RUN"), "\n"), command)
	}
}

func tcp(numbers []string) []string {
	for i := range numbers {
		numbers[i] += "/tcp"
	}
	return numbers
}
