package clients

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// groupOf finds the process group that holds the other end of a connection that a
// proxy has accepted, among those asked for; 0 when it is none of them. Linux only:
// the kernel tells the socket's inode, and a process's descriptors name inodes.
func groupOf(remote, local net.Addr, groups func(int) bool) int {
	inode, err := inodeOf(remote.(*net.TCPAddr), local.(*net.TCPAddr))
	if err != nil || inode == 0 {
		return 0
	}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	for _, stat := range stats {
		group := groupIn(stat)
		if group == 0 || !groups(group) {
			continue
		}
		if holds(filepath.Dir(stat), fmt.Sprintf("socket:[%d]", inode)) {
			return group
		}
	}
	return 0
}

// groupIn reads the group out of a process's stat file: the third word behind the name.
func groupIn(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0 // it has ended
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	words := strings.Fields(rest)
	if len(words) < 3 {
		return 0
	}
	group, _ := strconv.Atoi(words[2])
	return group
}

func holds(process, socket string) bool {
	links, err := os.ReadDir(filepath.Join(process, "fd"))
	if err != nil {
		return false
	}
	for _, link := range links {
		if target, err := os.Readlink(filepath.Join(process, "fd", link.Name())); err == nil && target == socket {
			return true
		}
	}
	return false
}
