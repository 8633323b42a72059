package main

import (
	"fmt"
	"syscall"
)

// Every modelled server has a listener and one end of each connection to it in this
// process, and every replica of the service the other end. So the limit of open files
// (ulimit -n) bounds the size of the fleet, for whichever of them reaches it first.

const (
	// filesBeside is what is open anyhow: clients, logs, connections to the API.
	filesBeside = 500
	// perMasterHere are the listeners of a master's servers and the connections of
	// two replicas of the service, of which one leads, at most.
	perMasterHere = serversEach + serversEach + perMasterLeading
	// perMasterLeading are the connections of a leader: one to watch each server, one
	// to command it, and one more to the master.
	perMasterLeading = 2*serversEach + 1
)

// raiseFiles raises the limit of open files as far as this user may. Processes that
// are started later inherit it.
func raiseFiles() {
	want := uint64(10000*perMasterHere + filesBeside)
	limit := syscall.Rlimit{Cur: want, Max: want}
	if now := files(); now.Max >= want {
		limit.Max = now.Max
	}
	if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		return
	}
	limit = files()
	limit.Cur = limit.Max
	_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit) // what it is now then bounds the sizes
}

func files() syscall.Rlimit {
	var limit syscall.Rlimit
	_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) // fails for malformed arguments only
	return limit
}

// mostMasters is how many masters fit.
func mostMasters() int {
	return int(min(files().Cur, 10_000_000)-filesBeside) / perMasterHere
}

func tooFewFiles() string {
	return fmt.Sprintf("the limit of %d open files allows %d (ulimit -n)", files().Cur, mostMasters())
}
