// Command valkeygo writes through valkey-go, as it comes.
package main
