// Package embedded is a Kubernetes cluster inside this program, for the demo: an
// API server in memory, a StatefulSet controller, and the node agent that runs the
// pods as local processes.
//
// The API is client-go's fake clientset over a store of our own (API), because the
// fake one forgives what a real server refuses. This one checks resource versions
// and UIDs, keeps status and the rest apart, ends pods with grace, selects by
// labels in lists and watches, and lets any number of watchers be slow. What it
// refuses, it refuses with the errors of a real server.
//
// What it has not: validation, defaults, field selectors, patches by server-side
// apply, finalizers, RBAC, and any kind that is not in kinds.go. The real control
// plane of integration/controlplane is there for those.
//
// The same store can be served over HTTP (API.Handler, API.Serve) for client-go in
// other processes: JSON and protobuf, lists, streamed lists and watches. There is no
// discovery, no authentication and no HTTP/2 in front of it.
//
// It knows how Redis is started, as the chart does, but nothing of failovers. The
// service is handed in as a function, or as a binary whose processes talk to that
// HTTP front (Options.ServiceBinary).
package embedded
