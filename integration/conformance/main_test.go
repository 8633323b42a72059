package conformance

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestMain lets one run at a time have the addresses that the transcripts name.
func TestMain(m *testing.M) {
	flag.Parse()
	file, err := os.OpenFile(filepath.Join(os.TempDir(), fmt.Sprintf("redis-sentinel-k8s-conformance-%d", os.Getuid())), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
