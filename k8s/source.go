package k8s

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
)

// lister is a typed client of one resource in one namespace.
type lister[L runtime.Object] interface {
	List(ctx context.Context, options metav1.ListOptions) (L, error)
	Watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error)
}

// source is one watched resource.
type source[L runtime.Object] struct {
	on       resource
	client   lister[L]
	selector string
	example  runtime.Object
	// slim turns an API object into a row; it gets nothing else.
	slim    func(runtime.Object) any
	indexes cache.Indexers
}

// informer keeps the rows of a source. set is the clientset behind the client.
func informer[L runtime.Object](s source[L], set any, health *Health) (cache.SharedIndexInformer, error) {
	lw := cache.ToListWatcherWithWatchListSemantics(s.listWatch(health), set)
	made := cache.NewSharedIndexInformerWithOptions(lw, s.example, cache.SharedIndexInformerOptions{
		Indexers:          s.indexes,
		ObjectDescription: s.on.name,
	})
	err := made.SetTransform(func(object any) (any, error) {
		if full, isFull := object.(runtime.Object); isFull { // client-go may pass a row twice
			return s.slim(full), nil
		}
		return object, nil
	})
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", s.on.name, err)
	}
	// Calls that did not work are Health's; that a watch has ended is no news.
	err = made.SetWatchErrorHandlerWithContext(func(context.Context, *cache.Reflector, error) {})
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", s.on.name, err)
	}
	return made, nil
}

func (s source[L]) listWatch(health *Health) *cache.ListWatch {
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.LabelSelector = s.selector
			return untilAnswered(ctx, health, "list", s.on, func(ctx context.Context) (runtime.Object, error) {
				ctx, cancel := context.WithTimeout(ctx, listTimeout)
				defer cancel()
				return s.client.List(ctx, options)
			})
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.LabelSelector = s.selector
			return untilAnswered(ctx, health, "watch", s.on, func(ctx context.Context) (watch.Interface, error) {
				return s.client.Watch(ctx, options)
			})
		},
	}
}

// untilAnswered repeats a call while the API server is away or refuses it. A
// reflector would do so too, but it waits for up to a minute: too long for a
// service that shall be whole again as soon as the API server or a Role is.
func untilAnswered[T any](ctx context.Context, health *Health, verb string, on resource, do func(context.Context) (T, error)) (T, error) {
	pause := wait.Backoff{Duration: 500 * time.Millisecond, Factor: 1.5, Jitter: 0.5, Steps: 8, Cap: 5 * time.Second}
	for {
		result, err := do(ctx)
		if apierrors.IsInvalid(err) || apierrors.IsTimeout(err) {
			// The server cannot stream lists, or has not seen a version yet:
			// the reflector knows another way.
			return result, err
		}
		if retry := health.noteSource(verb, on, err); !retry {
			return result, err
		}
		select {
		case <-ctx.Done():
			return result, err
		case <-time.After(pause.Step()):
		}
	}
}
