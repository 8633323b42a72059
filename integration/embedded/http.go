package embedded

import (
	"errors"
	"fmt"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
)

// Handler serves the API to processes of their own, under the paths that client-go
// asks for. Everybody is let in, and all calls go to the store at once.
func (a *API) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		format, err := formatOf(r.Header.Get("Accept"))
		if err != nil {
			refuse(w, anyFormat, err)
			return
		}
		asked, err := routeOf(r.Method, r.URL.Path)
		if err != nil {
			refuse(w, format, err)
			return
		}
		c := &call{api: a, route: asked, request: r, format: format}
		if err := c.answer(w); err != nil {
			refuse(w, format, err)
		}
	})
}

// call is one request.
type call struct {
	route
	api     *API
	request *http.Request
	format  runtime.SerializerInfo
}

// answer does what is asked for. With an error nothing has been written yet.
func (c *call) answer(w http.ResponseWriter) error {
	if c.request.URL.Query().Has("dryRun") {
		return apierrors.NewBadRequest("dryRun: not served here")
	}
	switch c.request.Method {
	case http.MethodGet:
		return c.read(w)
	case http.MethodPost:
		return c.create(w)
	case http.MethodPut:
		return c.update(w)
	case http.MethodPatch:
		return c.patch(w)
	case http.MethodDelete:
		return c.remove(w)
	default:
		return c.unserved()
	}
}

func (c *call) read(w http.ResponseWriter) error {
	if c.name != "" {
		if c.subresource != "" && (c.subresource != "status" || !c.kind.status) {
			return c.unserved()
		}
		return c.written(w, http.StatusOK, first(c.api.get(c.kind, c.namespace, c.name)))
	}
	options, err := c.listOptions()
	if err != nil {
		return err
	}
	selector, err := labels.Parse(options.LabelSelector)
	if err != nil {
		return apierrors.NewBadRequest(err.Error())
	}
	if options.FieldSelector != "" {
		return apierrors.NewBadRequest(fmt.Sprintf("field selector %q: not served here", options.FieldSelector))
	}
	if options.Watch {
		return c.watch(w, selector, options)
	}
	// A server that lists from its cache ignores limit, too.
	list, err := c.api.store.list(c.kind, c.namespace, selector)
	if err != nil {
		return err
	}
	write(w, c.format, http.StatusOK, list, c.kind.listKind())
	return nil
}

func (c *call) listOptions() (metav1.ListOptions, error) {
	var options metav1.ListOptions
	if err := scheme.ParameterCodec.DecodeParameters(c.request.URL.Query(), schema.GroupVersion{Version: "v1"}, &options); err != nil {
		return options, apierrors.NewBadRequest(err.Error())
	}
	return options, nil
}

func (c *call) create(w http.ResponseWriter) error {
	if c.name != "" || c.namespace == "" && c.kind.namespaced() {
		return c.unserved()
	}
	o, err := c.object()
	if err != nil {
		return err
	}
	return c.written(w, http.StatusCreated, first(c.api.store.create(c.kind, c.namespace, o)))
}

func (c *call) update(w http.ResponseWriter) error {
	if c.name == "" {
		return c.unserved()
	}
	o, err := c.object()
	if err != nil {
		return err
	}
	if o.GetName() != c.name {
		return apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s) does not match the name on the URL (%s)", o.GetName(), c.name))
	}
	return c.written(w, http.StatusOK, first(c.api.store.update(c.kind, c.namespace, o, c.subresource)))
}

func (c *call) patch(w http.ResponseWriter) error {
	if c.name == "" {
		return c.unserved()
	}
	patch, err := c.body()
	if err != nil {
		return err
	}
	how := types.PatchType(mediaType(c.request.Header.Get("Content-Type")))
	return c.written(w, http.StatusOK, first(c.api.store.patch(c.kind, c.namespace, c.name, how, patch, c.subresource)))
}

func (c *call) remove(w http.ResponseWriter) error {
	if c.name == "" || c.subresource != "" {
		return c.unserved()
	}
	var options metav1.DeleteOptions
	body, err := c.body()
	if err != nil {
		return err
	}
	if len(body) > 0 {
		if err := decode(body, &options); err != nil {
			return err
		}
	}
	if err := c.api.store.remove(c.kind, c.namespace, c.name, options); err != nil {
		return err
	}
	done := &metav1.Status{Status: metav1.StatusSuccess, Details: &metav1.StatusDetails{
		Name: c.name, Group: c.kind.resource.Group, Kind: c.kind.resource.Resource,
	}}
	write(w, c.format, http.StatusOK, done, statusKind)
	return nil
}

// object is the one in the body; what it does not say the URL does.
func (c *call) object() (object, error) {
	body, err := c.body()
	if err != nil {
		return nil, err
	}
	o := c.kind.empty()
	if err := decode(body, o); err != nil {
		return nil, err
	}
	if o.GetNamespace() != "" && o.GetNamespace() != c.namespace {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("the namespace of the object (%s) does not match the namespace on the URL (%s)", o.GetNamespace(), c.namespace))
	}
	return o, nil
}

func (c *call) unserved() error {
	return apierrors.NewMethodNotSupported(c.kind.resource, c.request.Method+" "+c.subresource)
}

// result is what the store says of one object.
type result struct {
	object object
	err    error
}

func first(o object, err error) result { return result{o, err} }

// written answers with an object, a copy that is nobody else's.
func (c *call) written(w http.ResponseWriter, code int, r result) error {
	if r.err != nil {
		return r.err
	}
	write(w, c.format, code, r.object, c.kind.kind)
	return nil
}

// refuse answers with an error as a Kubernetes API server words it.
func refuse(w http.ResponseWriter, format runtime.SerializerInfo, err error) {
	var known apierrors.APIStatus
	if !errors.As(err, &known) {
		known = apierrors.NewInternalError(err)
	}
	status := known.Status()
	write(w, format, int(status.Code), &status, statusKind)
}
