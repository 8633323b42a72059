package main

import (
	"io/fs"
	"os"
	"path"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
)

// collectAt is how much garbage, in percent of what is in use, may gather before it is
// collected. Little comes while nothing happens, and pods are paid by their peak: with
// 300 masters half of Go's own value saves an eighth of the memory, and costs a tenth
// more time when all of them crash at once.
const collectAt = 50

// memoryShare is how much of the container's memory, in percent, may be in use before
// garbage is collected at any price. The kernel takes some of it for sockets.
const memoryShare = 90

// spareMemory leaves the choice to GOGC and GOMEMLIMIT where these are set. Without a limit
// garbage that a burst of clients leaves could have the container killed for its memory.
func spareMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if limit := containerMemory(os.DirFS("/")); limit > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit / 100 * memoryShare)
	}
}

// unlimited is more than any computer has: what version 1 of cgroups says without a limit.
const unlimited = 1 << 60

// containerMemory is the limit of this process's cgroup in bytes; 0 without one.
func containerMemory(root fs.FS) int64 {
	for _, file := range limitFiles(root) {
		text, err := fs.ReadFile(root, file)
		if err != nil {
			continue
		}
		limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64) // or the word max
		if err != nil || limit >= unlimited {
			return 0
		}
		return limit
	}
	return 0
}

// limitFiles are where the limit may stand, the nearest first. In a container's own namespace
// its cgroup is the root, whatever it is called outside.
func limitFiles(root fs.FS) (files []string) {
	const mounted, second, first = "sys/fs/cgroup", "memory.max", "memory.limit_in_bytes"
	own, _ := fs.ReadFile(root, "proc/self/cgroup") // without it the roots are left
	for line := range strings.Lines(string(own)) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(part) < 3:
		case part[1] == "":
			files = append(files, path.Join(mounted, part[2], second))
		case slices.Contains(strings.Split(part[1], ","), "memory"):
			files = append(files, path.Join(mounted, "memory", part[2], first))
		}
	}
	return append(files, path.Join(mounted, second), path.Join(mounted, "memory", first))
}
