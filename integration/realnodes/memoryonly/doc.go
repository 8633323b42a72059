// Package memoryonly does on real nodes what integration/memoryonly does on the demo's
// cluster: it ends all processes of the chart's set, with what kubelets and runc do to them
// afterwards, and looks for what was deleted before. A node boots with its disk as it was.
//
// Of two rounds one is with a person who is to be asked. `make memory-only` plays every round
// with every image, -short one image and two rounds.
package memoryonly
