package printed

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/release"
)

// done is what following a section has shown.
type done struct {
	before            release.Record
	restarts          int32 // of the container that was the master then
	remarks           []string
	commands, outputs []string
}

// promise is what a heading of the notes says that will be seen.
type promise struct {
	heading string
	alone   *bool // only for one server, or only for several; nil: for both
	kept    func(ctx context.Context, s *set, did done) error
}

// promises are in the order of the notes.
var promises = []promise{
	{"Wait until all are ready:", nil, allAreReady},
	{"Who is the master?", nil, masterIsTold},
	{"Write a key, and read it from a replica:", new(false), keyIsRead},
	{"Write a key, and read it:", new(true), keyIsRead},
	{"Take the master's process away without a warning, and see that the next master has the key:", new(false), nextMasterHasIt},
	{"Hand over without a crash (nothing is lost):", new(false), handedOver},
}

// allAreReady at the moment at which the commands have ended. All nodes have heard of that
// before a person has read on.
func allAreReady(ctx context.Context, s *set, _ done) error {
	if err := s.allReady(ctx); err != nil {
		return err
	}
	return realnodes.Wait(ctx, settleMost, "the addresses that the notes give", s.addressesAnswer)
}

// masterIsTold alike by the Sentinel port, the Lease and the labels.
func masterIsTold(ctx context.Context, s *set, did done) error {
	outputs := did.outputs
	if s.kind.closed != (len(did.remarks) > 0) {
		return fmt.Errorf("the Sentinel port is closed: %t; remarks: %q", s.kind.closed, did.remarks)
	}
	if s.kind.closed {
		out, err := s.asUser(ctx, did.before.Pod)
		if err != nil {
			return err
		}
		outputs = append([]string{out}, outputs...)
	}
	ip, err := s.PodIP(ctx, did.before.Pod)
	if err != nil {
		return err
	}
	if len(outputs) != 3 {
		return fmt.Errorf("%d commands", len(did.commands))
	}
	if got := strings.Fields(outputs[0]); !slices.Equal(got, []string{ip, "6379"}) {
		return fmt.Errorf("the Sentinel port says %q, the master is %s", got, net.JoinHostPort(ip, "6379"))
	}
	if row := rows(outputs[1])[0]; !slices.Contains(row, did.before.Pod) {
		return fmt.Errorf("the Lease says %q, the master is %s", row, did.before.Pod)
	}
	var masters []string
	for _, row := range rows(outputs[2]) {
		if row[len(row)-1] == "master" {
			masters = append(masters, row[0])
		}
	}
	want := []string{did.before.Pod}
	if s.kind.unlabelled {
		want = nil
	}
	if !slices.Equal(masters, want) {
		return fmt.Errorf("the labels say %q, the master is %s", masters, did.before.Pod)
	}
	return nil
}

// rows are the words of a table that kubectl has printed, without its head.
func rows(table string) (all [][]string) {
	for line := range strings.Lines(table) {
		all = append(all, strings.Fields(line))
	}
	return all[1:]
}

func keyIsRead(_ context.Context, _ *set, did done) error {
	return says(did.outputs, "OK", "hello")
}

func says(outputs []string, want ...string) error {
	var got []string
	for _, out := range outputs {
		got = append(got, strings.TrimSpace(out))
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("printed %q, want %q", got, want)
	}
	return nil
}

// nextMasterHasIt: the master's process was ended, another pod is the master, by one
// switch, and it is that pod which was asked.
func nextMasterHasIt(ctx context.Context, s *set, did done) error {
	// What the kubelet has not seen yet does not make the set less whole.
	err := realnodes.Wait(ctx, settleMost, "the container's restart", func(ctx context.Context) error {
		containers, err := s.Containers(ctx)
		if is := containers[did.before.Pod].RestartCount; err == nil && is != did.restarts+1 {
			err = fmt.Errorf("%s was restarted %d times, %d before", did.before.Pod, is, did.restarts)
		}
		return err
	})
	if err != nil {
		return err
	}
	now, err := s.rest(ctx)
	if err != nil {
		return err
	}
	s.greeting = did.commands[len(did.commands)-1]
	if now.Pod == did.before.Pod || now.Epoch != did.before.Epoch+1 {
		return fmt.Errorf("the master was %s and is %s, after %d switches", did.before.Pod, now.Pod, now.Epoch-did.before.Epoch)
	}
	if row := rows(did.outputs[1])[0]; !slices.Contains(row, now.Pod) {
		return fmt.Errorf("the Lease said %q, the next master is %s", row, now.Pod)
	}
	return says(did.outputs[2:], "hello")
}

// handedOver: one switch, and the key is there still.
func handedOver(ctx context.Context, s *set, did done) error {
	if !strings.Contains(did.outputs[0], fmt.Sprintf("%q deleted", did.before.Pod)) {
		return errors.New("the master's pod was not deleted")
	}
	now, err := s.rest(ctx)
	if err != nil {
		return err
	}
	if now.Pod == did.before.Pod || now.Epoch != did.before.Epoch+1 {
		return fmt.Errorf("the master was %s and is %s, after %d switches", did.before.Pod, now.Pod, now.Epoch-did.before.Epoch)
	}
	out, err := s.Shell(ctx, s.greeting)
	return errors.Join(err, says([]string{out}, "hello"))
}
