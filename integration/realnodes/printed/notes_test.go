package printed

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/release"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/suite"
)

// settleMost is how long a set may take to be whole again: a container in its back-off.
const settleMost = 2 * time.Minute

// TestNotes installs each kind as people do, in a namespace that enforces PodSecurity
// restricted, and types what Helm prints.
func TestNotes(t *testing.T) {
	c := suite.Nodes(t)
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			s := &set{Release: prepare(t, c, "notes-"+k.name), kind: k}
			s.notes = c.Install(t, s.Namespace, s.Name, k.values)
			sections := s.sections(t)
			for range max(1, k.rounds) {
				for _, section := range sections {
					if s.follow(t, section); t.Failed() {
						return // and it stays, to be looked at
					}
				}
			}
			c.Uninstall(t, s.Namespace, s.Name)
		})
	}
}

// set is an installed release whose notes are followed.
type set struct {
	*release.Release
	kind     kind
	notes    string // that Helm has printed
	greeting string // the command that last read the key from a master
}

var toFillIn = regexp.MustCompile(`<[^>]*>`)

// sections are those of the notes, if they are as this kind's have to be.
func (s *set) sections(t *testing.T) []Section {
	t.Helper()
	sections := Notes(s.notes)
	var headings, want []string
	for _, section := range sections {
		headings = append(headings, section.Heading)
		for _, command := range section.Commands {
			if blank := toFillIn.FindString(command); blank != "" {
				t.Errorf("%s is left to the reader: %s", blank, command)
			}
		}
	}
	for _, p := range promises {
		if p.alone == nil || *p.alone == s.kind.alone {
			want = append(want, p.heading)
		}
	}
	if !slices.Equal(headings, want) {
		t.Fatalf("sections %q, want %q, in\n%s", headings, want, s.notes)
	}
	return sections
}

// follow runs the commands of a section as printed and demands what it promises.
func (s *set) follow(t *testing.T, section Section) {
	t.Helper()
	did, err := s.before(t.Context(), section)
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range section.Commands {
		began := time.Now()
		out, err := s.Shell(t.Context(), command)
		if err != nil {
			t.Fatalf("%s\n%v", section.Heading, err)
		}
		t.Logf("%.1fs %s\n%s", time.Since(began).Seconds(), command, strings.TrimSpace(out))
		did.commands, did.outputs = append(did.commands, command), append(did.outputs, out)
	}
	for _, p := range promises {
		if p.heading == section.Heading {
			if err := p.kept(t.Context(), s, did); err != nil {
				t.Errorf("%s %v", section.Heading, err)
			}
		}
	}
}

// before is how things are before a section is followed; the first one waits itself.
func (s *set) before(ctx context.Context, section Section) (done, error) {
	is := done{remarks: section.Remarks}
	if section.Heading == promises[0].heading {
		return is, nil
	}
	var err error
	if is.before, err = s.rest(ctx); err != nil {
		return is, err
	}
	containers, err := s.Containers(ctx)
	is.restarts = containers[is.before.Pod].RestartCount
	return is, err
}

// rest waits until all pods are ready and the record of the master is at rest.
func (s *set) rest(ctx context.Context) (now release.Record, err error) {
	err = realnodes.Wait(ctx, settleMost, "the set to be whole", func(ctx context.Context) error {
		if err := s.allReady(ctx); err != nil {
			return err
		}
		if now, err = s.Record(ctx); err == nil && now.Phase != "Stable" {
			err = fmt.Errorf("the record says %s", now.Phase)
		}
		return err
	})
	return now, err
}

// allReady looks once whether all pods of the release are there and ready.
func (s *set) allReady(ctx context.Context) error {
	pods, err := s.Pods(ctx, s.Namespace, "app.kubernetes.io/instance="+s.Name)
	if err != nil {
		return err
	}
	for name, pod := range pods {
		if !cluster.Ready(pod) || pod.DeletionTimestamp != nil {
			return fmt.Errorf("%s is not ready", name)
		}
	}
	want := 6
	switch {
	case s.kind.alone:
		want = 4
	case strings.Contains(fmt.Sprint(s.kind.values), "sidecar"):
		want = 3
	}
	if len(pods) != want {
		return fmt.Errorf("%d pods, want %d", len(pods), want)
	}
	return nil
}
