// Command demo runs Redis, its replicas and this project's service on this
// computer: an embedded cluster (integration/embedded) whose pods are local
// processes at 127.x addresses. It needs Linux and redis-server, nothing else.
//
// It shows what the service does and decides nothing itself. Whatever way it ends,
// no process is left behind.
package main
