// Command redis-sentinel-k8s is one replica of the service: flags, configuration,
// wiring, run. See the README for what it does and for every flag.
package main
