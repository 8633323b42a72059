//go:build !linux

package process

import "syscall"

// attributes gives the child a group of its own. Without Linux there is no order
// to die with the parent: the caller's own clean-up is all there is.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

func spawn(start func() error) error { return start() }
