package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// LockSubnet finds a number for Options.Subnet that no other test on this computer
// uses, and keeps it until release is called or the program ends. It never gives
// 0, which is for the demo.
func LockSubnet() (subnet int, release func(), err error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("redis-sentinel-k8s-subnets-%d", os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, nil, err
	}
	for number := 1; number < 255; number++ {
		file, err := os.OpenFile(filepath.Join(dir, fmt.Sprint(number)), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return 0, nil, err
		}
		// The kernel drops the lock with the program. The file stays: removing it
		// would let two programs lock two files of one name.
		if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			return number, func() { _ = file.Close() }, nil
		}
		_ = file.Close()
	}
	return 0, nil, errors.New("all subnets are in use")
}
