// Command goredis writes through go-redis: with its failover client, which knows the
// master only, or with its failover cluster client, which reads from any node.
package main
