package k8s

import (
	"context"
	"errors"
	"net"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// What a challenger gets to know of the other replicas of the service.

var errNoPeer = errors.New("there is no such pod")

// peerAnswers asks the pod that holds the Lease. Of one whose address is not known
// nothing is known; a pod that does not exist answers nobody.
func (w *Watch) peerAnswers(ctx context.Context, pod string) (net.Conn, error) {
	if w.peers == nil || w.options.Answers == nil || !w.peers.HasSynced() {
		return nil, nil
	}
	object, found, err := w.peers.GetStore().GetByKey(w.options.Namespace + "/" + pod)
	if err != nil {
		return nil, nil //nolint:nilerr // our own list is no sign of the peer
	}
	if !found {
		return nil, errNoPeer
	}
	row := object.(*peerRow)
	if row.ip == "" {
		return nil, nil
	}
	addr := sentinel.Addr{Host: row.ip, Port: row.port}
	if addr.Port == 0 {
		addr.Port = w.options.SentinelPort
	}
	return w.options.Answers(ctx, addr)
}

// peerLeaves tells that the pod which holds the Lease is being deleted.
func (w *Watch) peerLeaves(pod string) bool {
	if w.peers == nil {
		return false
	}
	object, found, err := w.peers.GetStore().GetByKey(w.options.Namespace + "/" + pod)
	return err == nil && found && object.(*peerRow).leaving
}
