package embedded

import (
	"context"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

// forgetEvery is how often the clients' own records of their calls are dropped.
const forgetEvery = 10 * time.Second

// API is the API server: one store, any number of clients.
type API struct {
	// NoWatchList makes the HTTP front refuse to stream lists, as servers before
	// Kubernetes 1.34 do; it must be set before anything is served.
	NoWatchList bool

	store *store

	mu      sync.Mutex
	clients []*fake.Clientset
}

// NewAPI makes an empty API server.
func NewAPI() *API { return &API{store: newStore()} }

// Client makes a client. One fake clientset does one call at a time, so who must
// not wait for others needs a client of its own. A test may put reactors before
// ours, to refuse calls or to count them.
func (a *API) Client() *fake.Clientset {
	client := &fake.Clientset{}
	client.AddReactor("*", "*", a.react)
	client.AddWatchReactor("*", a.watch)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clients = append(a.clients, client)
	return client
}

// Forget drops the clients' records of their calls from time to time until ctx is
// done: a fake clientset keeps them for ever, which a long run can't afford.
func (a *API) Forget(ctx context.Context) {
	ticker := time.NewTicker(forgetEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		a.mu.Lock()
		for _, client := range a.clients {
			client.ClearActions()
		}
		a.mu.Unlock()
	}
}

// react answers every call but watches.
func (a *API) react(action clienttesting.Action) (handled bool, result runtime.Object, err error) {
	k, ok := kindOf(action.GetResource())
	if !ok {
		return true, nil, unserved(action)
	}
	namespace := action.GetNamespace()
	var made object
	switch call := action.(type) {
	case clienttesting.GetActionImpl:
		made, err = a.get(k, namespace, call.Name)
	case clienttesting.ListActionImpl:
		var selector labels.Selector
		if selector, err = selectorOf(call.ListRestrictions.Labels, call.ListRestrictions.Fields); err == nil {
			result, err = a.store.list(k, namespace, selector)
		}
		return true, result, err
	case clienttesting.CreateActionImpl:
		if call.Subresource != "" {
			return true, nil, unserved(action)
		}
		made, err = a.store.create(k, namespace, call.Object.(object))
	case clienttesting.UpdateActionImpl:
		made, err = a.store.update(k, namespace, call.Object.(object), call.Subresource)
	case clienttesting.PatchActionImpl:
		made, err = a.store.patch(k, namespace, call.Name, call.PatchType, call.Patch, call.Subresource)
	case clienttesting.DeleteActionImpl:
		return true, nil, a.store.remove(k, namespace, call.Name, call.DeleteOptions)
	default:
		return true, nil, unserved(action)
	}
	if err != nil {
		return true, nil, err // not made: an interface with a nil object in it is not nil
	}
	return true, made, nil
}

func (a *API) get(k kind, namespace, name string) (object, error) {
	a.store.mu.Lock()
	defer a.store.mu.Unlock()
	found, err := a.store.get(k, namespace, name)
	if err != nil {
		return nil, err
	}
	return copied(found), nil
}

func (a *API) watch(action clienttesting.Action) (bool, watch.Interface, error) {
	k, ok := kindOf(action.GetResource())
	call, isWatch := action.(clienttesting.WatchActionImpl)
	if !ok || !isWatch {
		return true, nil, unserved(action)
	}
	selector, err := selectorOf(call.WatchRestrictions.Labels, call.WatchRestrictions.Fields)
	if err != nil {
		return true, nil, err
	}
	w, err := a.store.watch(k, action.GetNamespace(), selector, call.WatchRestrictions.ResourceVersion)
	return true, w, err
}

// selectorOf refuses what would be ignored silently.
func selectorOf(wanted labels.Selector, field fields.Selector) (labels.Selector, error) {
	if field != nil && !field.Empty() {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("field selector %q: not served here", field))
	}
	if wanted == nil {
		return labels.Everything(), nil
	}
	return wanted, nil
}

func unserved(action clienttesting.Action) error {
	return apierrors.NewMethodNotSupported(action.GetResource().GroupResource(), action.GetVerb()+" "+action.GetSubresource())
}
