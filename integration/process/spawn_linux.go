package process

import (
	"runtime"
	"sync"
	"syscall"
)

// attributes makes the kernel kill the child when its parent dies, however it
// dies, and gives it a group of its own, so that Ctrl-C reaches only us.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

var spawner = sync.OnceValue(func() chan<- func() {
	calls := make(chan func())
	go func() {
		runtime.LockOSThread()
		for call := range calls {
			call()
		}
	}()
	return calls
})

// spawn runs start on one thread that never ends. "Parent" in Pdeathsig means
// the thread that forked, and the Go runtime may end any other thread.
func spawn(start func() error) error {
	result := make(chan error)
	spawner() <- func() { result <- start() }
	return <-result
}
