// Command rueidis writes through rueidis: as it comes, without its cache (which needs
// no CLIENT TRACKING then), and with reads sent to a replica.
package main
