module github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes

go 1.26.0

require (
	github.com/redis-sentinel-k8s/redis-sentinel-k8s v0.0.0
	github.com/vishvananda/netlink v1.3.1
	golang.org/x/sys v0.48.0
)

require github.com/vishvananda/netns v0.0.5 // indirect

replace github.com/redis-sentinel-k8s/redis-sentinel-k8s => ../..
