package main

import (
	"os"
	"runtime/debug"
)

// collectAt is how much garbage, in percent of what is in use, may gather before it is
// collected. Little of either comes while nothing happens, and pods are paid by their
// peak: half of Go's own value costs hardly any time here and saves a quarter.
const collectAt = 50

// spareMemory leaves the choice to GOGC where that is set.
func spareMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
}
