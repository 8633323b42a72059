package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
)

// A disk that gives back what was removed from it. The chart's command leaves nothing there
// that a server could load, so that only such a disk shows whether the service would take it.

// oldCopy lies beside a server's folder, and is in it when the next server starts.
const oldCopy = "old-copy.rdb"

// brokenDisks are images whose server finds the old copy, if there is one.
func brokenDisks(t *testing.T) []node.Image {
	t.Helper()
	server, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "redis-server")
	script := fmt.Sprintf(`#!/bin/sh
for word; do
	[ "$last" = --dir ] && dir=$word
	last=$word
done
[ -e "$dir/../%[1]s" ] && mv "$dir/../%[1]s" "$dir/dump.rdb"
exec %[2]s "$@"
`, oldCopy, server)
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return []node.Image{node.RedisImage("redis:*", path)}
}

// killWithOldData lets all pods keep a copy with a key that is deleted afterwards, and kills
// them. Each copy is of another age.
func (s *scene) killWithOldData(ctx context.Context, f Fault, master corev1.Pod, others []corev1.Pod) error {
	client := s.patient(master.Status.PodIP + ":6379")
	defer client.Close()
	key := fmt.Sprintf("deleted:%d", f.Pick)
	if err := client.Set(ctx, key, "x", 0).Err(); err != nil {
		return err
	}
	for _, pod := range append(slices.Clone(others), master) {
		if err := s.keepCopy(ctx, pod, key); err != nil {
			return fmt.Errorf("%s: %w", pod.Name, err)
		}
	}
	if err := client.Del(ctx, key).Err(); err != nil {
		return err
	}
	var err error
	for _, pod := range append(others, master) {
		err = errors.Join(err, s.signal(pod, "redis", syscall.SIGKILL))
	}
	return err
}

func (s *scene) keepCopy(ctx context.Context, pod corev1.Pod, key string) error {
	client := s.patient(pod.Status.PodIP + ":6379")
	defer client.Close()
	for client.Exists(ctx, key).Val() == 0 && ctx.Err() == nil {
		rest(ctx, 10*time.Millisecond)
	}
	dir, err := client.ConfigGet(ctx, "dir").Result()
	if err != nil {
		return err
	}
	if err := client.Save(ctx).Err(); err != nil {
		return err
	}
	return os.Rename(filepath.Join(dir["dir"], "dump.rdb"), filepath.Join(dir["dir"], "..", oldCopy))
}

// cameBack counts deleted keys that pods of a set have.
func (r *run) cameBack(s set) (back int, err error) {
	for _, pod := range r.f.pods(s.number) {
		client := r.f.patient(pod.Status.PodIP + ":6379")
		defer client.Close()
		keys, err := client.Keys(r.t.Context(), "deleted:*").Result()
		if err != nil {
			return back, err
		}
		back += len(keys)
	}
	return back, nil
}
