// Command writer is the program of a pod that puts load on a set when it is told to.
package main

import (
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/load"
)

func main() {
	server := &http.Server{
		Addr: fmt.Sprintf(":%d", load.Port), Handler: new(load.Server).Handler(), ReadHeaderTimeout: time.Minute,
	}
	log.Fatal(server.ListenAndServe())
}
