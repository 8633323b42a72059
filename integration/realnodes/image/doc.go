// Package image makes the images of a cluster that has no registry to pull from, as
// archives that "ctr -n k8s.io images import" takes:
//
//	image               what                                           from
//	the chart's         the service, laid out as the Dockerfile does   go build
//	redis, valkey       servers of four versions with busybox's sh     Debian packages
//	pause, coredns      what every cluster has                         binaries/build.sh
//	any other           one static binary (Binary)                     the caller
//
// They have the names that the chart and the kubelet ask for, and from their originals
// what a chart can see of them: entrypoint, arguments, user, ports, volumes, where the
// programs lie and which of them there are. What differs: the programs are Debian's,
// linked to its C library; Redis 8 lacks the modules that the official image loads.
//
// An image is one layer of files with fixed times and owners: the same contents give
// the same bytes.
package image
