// Package everyday does on real nodes what people do to a release: make it smaller and larger,
// uninstall and install it again, take its password from a file, get an image's name wrong,
// and let a proxy rewrite addresses. Nothing is lost by it, and nothing is silent.
//
// The same is done to the test cluster's pods in integration/e2e and integration/embedded, in
// more ways, and -short leaves most of it to them; `make everyday` plays all. Here kubelets,
// containers and Kubernetes' own garbage collector take part.
package everyday
