package clients

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// groupOf finds the process group that holds the other end of a connection that a
// proxy has accepted, among those asked for; 0 when it is none of them. Linux only:
// the table of sockets gives the inode, and a process's descriptors name inodes.
func groupOf(remote net.Addr, groups func(int) bool) int {
	var inode string
	// The kernel prints its table in pieces; while others come and go, lines are missed.
	for try := 0; inode == "" && try < 3; try++ {
		inode = inodeOf(remote.(*net.TCPAddr))
	}
	if inode == "" {
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
		if holds(filepath.Dir(stat), "socket:["+inode+"]") {
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

// inodeOf finds a local socket by its address; Java's are those of IPv6.
func inodeOf(addr *net.TCPAddr) string {
	four := addr.IP.To4()
	if four == nil {
		return ""
	}
	// Each four bytes of an address are one number in the machine's own order.
	little := hex.EncodeToString([]byte{four[3], four[2], four[1], four[0]})
	wanted := strings.ToUpper(fmt.Sprintf("%s:%04x", little, addr.Port))
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		if inode := inodeIn(file, wanted); inode != "" {
			return inode
		}
	}
	return ""
}

func inodeIn(file, wanted string) string {
	table, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer table.Close()
	for lines := bufio.NewScanner(table); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) > 9 && strings.HasSuffix(words[1], wanted) {
			return words[9]
		}
	}
	return ""
}
