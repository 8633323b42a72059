package node

import (
	"fmt"
	"sync"
)

// hostIP is what pods and tests see as the address of every node.
const hostIP = "127.0.0.1"

// addresses hands out the pod addresses of one node, 127.<subnet>.<node>.1 to
// .254. They go round, so that an address is used again as late as possible: a
// client that still holds an old address should meet nobody there.
type addresses struct {
	prefix string

	mu   sync.Mutex
	last int
	used map[int]bool
}

func newAddresses(subnet, node int) *addresses {
	return &addresses{prefix: fmt.Sprintf("127.%d.%d.", subnet, node), used: map[int]bool{}}
}

// take returns an address that no pod has, and the function that gives it back.
func (a *addresses) take() (address string, release func(), err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for range 254 {
		a.last = a.last%254 + 1
		if number := a.last; !a.used[number] {
			a.used[number] = true
			return fmt.Sprint(a.prefix, number), func() { a.release(number) }, nil
		}
	}
	return "", nil, fmt.Errorf("all addresses %s* are taken", a.prefix)
}

func (a *addresses) release(number int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.used, number)
}
