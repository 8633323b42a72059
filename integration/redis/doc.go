// Package redis starts real redis-server and redis-sentinel processes on loopback
// addresses for tests, and ends them with the test.
//
// It knows nothing of this project's service: it only has what anybody has who
// runs Redis by hand.
package redis
