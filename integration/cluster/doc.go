// Package cluster is the test cluster as a whole: the real control plane, the
// node agent in place of kubelets, the project's images mapped to its binaries,
// and Helm and kubectl to use it as a person would.
//
// It takes a few seconds to start, so that the tests of one package do well to
// share one and to use a namespace or a release each.
package cluster
