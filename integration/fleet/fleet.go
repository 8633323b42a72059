package fleet

import (
	"fmt"
	"sync"
)

// Port is where every server listens, at its own address.
const Port = 6379

// perNetwork is how many servers have addresses that differ in the last number only.
const perNetwork = 254

// mostServers leaves the networks above for others.
const mostServers = 250 * perNetwork

// Fleet is all servers of one program.
type Fleet struct {
	subnet int

	mu    sync.Mutex
	count int
	sets  []*Set
}

// New makes a fleet whose servers are at 127.<subnet>.0.1 and on; 1 to 254.
func New(subnet int) *Fleet { return &Fleet{subnet: subnet} }

// Add starts the servers of one more master, all empty and fenced.
func (f *Fleet) Add(name string, servers int) (*Set, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count+servers > mostServers {
		return nil, fmt.Errorf("%d servers are there, want at most %d", f.count, mostServers)
	}
	s := &Set{Name: name}
	for range servers {
		host := fmt.Sprintf("127.%d.%d.%d", f.subnet, f.count/perNetwork, 1+f.count%perNetwork)
		f.count++
		s.Servers = append(s.Servers, &Server{Host: host, Port: Port, set: s})
	}
	f.sets = append(f.sets, s)
	for _, server := range s.Servers {
		if err := server.Start(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return s, nil
}

// Close ends all servers.
func (f *Fleet) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, set := range f.sets {
		for _, server := range set.Servers {
			server.Crash()
		}
	}
}

// Set is the servers of one master. They replicate among themselves only: to follow
// anybody else is to follow nobody.
type Set struct {
	Name    string
	Servers []*Server

	// mu is held by whoever looks at a process of this set or changes one.
	mu sync.Mutex
}

// Masters are the servers that are masters now.
func (s *Set) Masters() []*Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	var masters []*Server
	for _, server := range s.Servers {
		if server.process != nil && server.process.isMaster() {
			masters = append(masters, server)
		}
	}
	return masters
}

// at finds the process that listens at an address, nil if there is none.
func (s *Set) at(a address) *process {
	for _, server := range s.Servers {
		if server.Host == a.host && server.Port == a.port {
			return server.process
		}
	}
	return nil
}
