package k8s

import (
	"context"
	"maps"
	"slices"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// survey compares our slices with what they should be: one that somebody changed or
// deleted is written again, one that nobody asks for any more is deleted.
func (e *endpoints) survey(ctx context.Context) {
	if !e.leading.Load() {
		return
	}
	wanted := e.declared()
	found, err := e.list(ctx)
	if len(wanted) > 0 { // who does not use it needs no right to do so
		e.health.note("list", sliceResource, err)
	}
	if err != nil {
		return
	}
	seen := map[string]bool{}
	for i := range found {
		slice := &found[i]
		seen[slice.Name] = true
		switch _, asked := wanted[slice.Name]; {
		case !e.isOurs(slice):
		case !asked:
			if err := e.remove(ctx, slice); err != nil {
				e.log.WithField("err", err).Warn("endpoints not removed")
			}
		default:
			e.keep(slice.Name, slice, nil)
		}
	}
	for name, master := range wanted {
		if !seen[name] {
			e.keep(name, nil, nil)
		}
		e.touch(master)
	}
}

func (e *endpoints) list(ctx context.Context) ([]discoveryv1.EndpointSlice, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	list, err := e.api().List(ctx, metav1.ListOptions{LabelSelector: labels.Set{
		discoveryv1.LabelManagedBy: sliceManager, AnnotationRecord: recordLabel(e.options.LeasePrefix),
	}.String()})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// declared are the Services that sets name, with the master behind each. Of two masters
// that name the same one the first by name has it.
func (e *endpoints) declared() map[string]string {
	e.mu.Lock()
	masters := slices.Sorted(maps.Keys(e.masters))
	e.mu.Unlock()
	found := map[string]string{}
	for _, master := range masters {
		if name := e.serviceOf(master); name != "" && found[name] == "" {
			found[name] = master
		}
	}
	return found
}

func (e *endpoints) declares(master, service string) bool {
	return service != "" && e.serviceOf(master) == service
}

func (e *endpoints) serviceOf(master string) string {
	m, v, _ := e.watch.claimed(master, rows[*podRow](e.watch.pods, byMaster, master))
	if m.set() == nil {
		return ""
	}
	return v.service.name
}
