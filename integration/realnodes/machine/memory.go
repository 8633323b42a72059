package machine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// LimitMemory lets the machine have no more memory than this many bytes; 0 ends that. When
// its programs ask for more, the kernel ends one of them, as on a computer that is full.
func (m *Machine) LimitMemory(bytes int64) error {
	value := strconv.FormatInt(bytes, 10)
	if bytes == 0 {
		value = "-1"
	}
	return os.WriteFile(m.memoryFile("memory.limit_in_bytes"), []byte(value), 0o644)
}

// Memory is how much the machine's programs have, in bytes, caches included.
func (m *Machine) Memory() (int64, error) {
	text, err := os.ReadFile(m.memoryFile("memory.usage_in_bytes"))
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}

// FillMemory takes all memory that the machine may still have below a limit, and returns
// when the kernel has ended whoever asked for more.
func (m *Machine) FillMemory(ctx context.Context, limit int64) error {
	if err := m.LimitMemory(limit); err != nil {
		return err
	}
	defer func() { _ = m.LimitMemory(0) }()
	// tail keeps a line until its end, which never comes.
	_, err := m.Run(ctx, "sh", "-c", fmt.Sprintf("head -c %d /dev/zero | tail", 2*limit))
	if err == nil {
		return fmt.Errorf("%s had memory for %d bytes more than its limit", m.plan.Name, limit)
	}
	return nil
}

func (m *Machine) memoryFile(name string) string {
	return filepath.Join(cgroupRoot, "memory", string(m.group), name)
}
