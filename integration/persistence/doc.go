// Package persistence measures what it costs Redis to write its data to disk: SET and GET
// with none, RDB and AOF, by turns in one run, with two replicas attached. It says what a
// set that keeps nothing on disk buys.
//
//	make persistence
//
// It knows nothing of the service, nor of Kubernetes: it is about redis-server alone. Master,
// replicas and redis-benchmark share one computer, so the ratios tell more than the rates.
package persistence
