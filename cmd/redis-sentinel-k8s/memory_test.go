package main

import (
	"testing"
	"testing/fstest"
)

func TestContainerMemory(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"in a container":              {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "402653184\n"}, 384 << 20},
		"without a limit":             {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, 0},
		"in a cgroup of the computer": {map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "1048576\n"}, 1 << 20},
		"seen from outside":           {map[string]string{"proc/self/cgroup": "0::/../c\n", "sys/fs/cgroup/memory.max": "1048576\n"}, 1 << 20},
		"version 1": {map[string]string{
			"proc/self/cgroup": "12:cpu,cpuacct:/x\n4:memory:/pod/x\n0::/pod/x\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "402653184\n",
		}, 384 << 20},
		"version 1 without a limit": {map[string]string{"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 0},
		"no cgroups":                {nil, 0},
		"a file of something else":  {map[string]string{"proc/self/cgroup": "x\n:\n", "sys/fs/cgroup/memory.max": "-\n"}, 0},
	} {
		root := fstest.MapFS{}
		for file, text := range test.files {
			root[file] = &fstest.MapFile{Data: []byte(text)}
		}
		if have := containerMemory(root); have != test.want {
			t.Errorf("%s: %d, want %d", name, have, test.want)
		}
	}
}
