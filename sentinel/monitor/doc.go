// Package monitor is the loop that owns time: what was observed goes into each
// master's sentinel.Machine, what it decides is committed to the store, told to
// subscribers, and carried out.
//
// Each master has a goroutine and an inbox of its own, so that a slow Redis or a
// slow write to Kubernetes delays no other master. Orders are carried out beside
// the loop; their outcome comes back as an observation. When a thousand masters fail at
// once, their loops take turns, see turn.go.
//
// It must not decide anything, and it knows neither client-go nor the protocol:
// what it needs of them are the small interfaces below.
package monitor
