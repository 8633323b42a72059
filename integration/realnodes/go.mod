module github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes

go 1.26.0

require (
	github.com/google/go-containerregistry v0.22.1
	github.com/redis-sentinel-k8s/redis-sentinel-k8s v0.0.0
	github.com/vishvananda/netlink v1.3.1
	github.com/anishathalye/porcupine v1.3.1
	golang.org/x/sys v0.48.0
	sigs.k8s.io/yaml v1.6.0
)

replace github.com/redis-sentinel-k8s/redis-sentinel-k8s => ../..
