package k8s

import (
	"context"
	"errors"
	"fmt"

	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	discoveryclient "k8s.io/client-go/kubernetes/typed/discovery/v1"
)

// errNotOurs: the name of our slice is taken.
var errNotOurs = errors.New("an EndpointSlice of this name belongs to somebody else")

// reconcile brings the endpoints of one master in order. A refusal is no error: then
// the label does it, and the slice is tried again later.
func (e *endpoints) reconcile(ctx context.Context, master string) error {
	if !e.leading.Load() {
		return nil
	}
	w, ok := e.wanted(master)
	if !ok {
		return nil
	}
	if w.again > 0 {
		e.queue.AddAfter(master, w.again)
	}
	if w.keep {
		return nil
	}
	err := e.write(ctx, toSlice(w, e.options.Namespace, e.options.LeasePrefix, master))
	if refusedSlice(err) {
		e.queue.AddAfter(master, endpointRefused)
		if !w.unlabelled {
			return e.label(ctx, master, w, true)
		}
	}
	if err != nil || w.unlabelled {
		return err
	}
	return e.label(ctx, master, w, false)
}

// refusedSlice tells of an answer that will not change soon.
func refusedSlice(err error) bool {
	if errors.Is(err, errNotOurs) {
		return true
	}
	return err != nil && answered(err) && !harmless(err) &&
		(!passing(err) || apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err))
}

// write makes the slice what it should be, over the version that was seen last. Should
// that be an older one, it is read and compared once more.
func (e *endpoints) write(ctx context.Context, want *discoveryv1.EndpointSlice) error {
	err := e.writeOver(ctx, e.known(want.Name), want)
	if !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) && !apierrors.IsAlreadyExists(err) {
		return err
	}
	have, err := e.read(ctx, want.Name)
	if err != nil {
		return err
	}
	return e.writeOver(ctx, have, want)
}

// writeOver writes over a version, nil for none. What follows a newer record is left alone.
func (e *endpoints) writeOver(ctx context.Context, have, want *discoveryv1.EndpointSlice) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	switch {
	case have == nil:
		return e.wrote(want.Name, "create", func() (*discoveryv1.EndpointSlice, error) {
			return e.api().Create(ctx, want, metav1.CreateOptions{})
		})
	case !e.isOurs(have) || have.Labels[LabelMaster] != want.Labels[LabelMaster] && e.declares(have.Labels[LabelMaster], have.Name):
		return fmt.Errorf("%s: %w", have.Name, errNotOurs)
	case sameSlice(have, want):
		return nil
	case asOfSlice(have).compare(asOfSlice(want)) > 0 && !e.outlived(ctx, have, want):
		return nil
	case have.AddressType != want.AddressType: // which cannot be changed
		if err := e.remove(ctx, have); err != nil {
			return err
		}
		return e.writeOver(ctx, nil, want)
	}
	want = want.DeepCopy()
	want.ResourceVersion, want.UID = have.ResourceVersion, have.UID
	return e.wrote(want.Name, "update", func() (*discoveryv1.EndpointSlice, error) {
		return e.api().Update(ctx, want, metav1.UpdateOptions{})
	})
}

// wrote carries out a write and remembers its result.
func (e *endpoints) wrote(name, verb string, write func() (*discoveryv1.EndpointSlice, error)) error {
	written, err := write()
	e.health.note(verb, sliceResource, err)
	e.keep(name, written, err)
	if err != nil {
		return fmt.Errorf("endpoints %s: %w", name, err)
	}
	return nil
}

// read asks for the slice as it is; nil if there is none.
func (e *endpoints) read(ctx context.Context, name string) (*discoveryv1.EndpointSlice, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	have, err := e.api().Get(ctx, name, metav1.GetOptions{})
	e.health.note("get", sliceResource, err)
	e.keep(name, have, err)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("endpoints %s: %w", name, err)
	}
	return have, nil
}

// remove deletes the very slice that was seen.
func (e *endpoints) remove(ctx context.Context, slice *discoveryv1.EndpointSlice) error {
	err := e.api().Delete(ctx, slice.Name, metav1.DeleteOptions{
		Preconditions: &metav1.Preconditions{UID: &slice.UID, ResourceVersion: &slice.ResourceVersion},
	})
	e.health.note("delete", sliceResource, err)
	e.keep(slice.Name, nil, nil)
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("endpoints %s: %w", slice.Name, err)
	}
	return nil
}

func (e *endpoints) api() discoveryclient.EndpointSliceInterface {
	return e.client.DiscoveryV1().EndpointSlices(e.options.Namespace)
}

// isOurs: others that are managed like this belong to another release.
func (e *endpoints) isOurs(slice *discoveryv1.EndpointSlice) bool {
	return slice.Labels[discoveryv1.LabelManagedBy] == sliceManager &&
		slice.Labels[AnnotationRecord] == recordLabel(e.options.LeasePrefix)
}

func (e *endpoints) known(name string) *discoveryv1.EndpointSlice {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.slices[name]
}

func (e *endpoints) keep(name string, slice *discoveryv1.EndpointSlice, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil || slice == nil {
		delete(e.slices, name)
		return
	}
	e.slices[name] = slice
}
