// Package service is one replica of the service, wired: it puts the watch, the
// monitor, the store and the server together and runs them until it is told to
// stop. cmd/redis-sentinel-k8s runs one of it, cmd/demo several.
//
// Nothing is decided here, and nothing here knows what a Sentinel answers.
package service
