package embedded

import (
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// route is what a URL names. Without a namespace it is all of them, or a resource
// that is in none; without a name it is the whole collection.
type route struct {
	kind        kind
	namespace   string
	name        string
	subresource string
}

// routeOf reads /api/VERSION/REST and /apis/GROUP/VERSION/REST, where REST is
// [namespaces/NAMESPACE/]RESOURCE[/NAME[/SUBRESOURCE]].
func routeOf(method, path string) (route, error) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	var of schema.GroupVersionResource
	switch {
	case parts[0] == "api" && len(parts) >= 3:
		of.Version, parts = parts[1], parts[2:]
	case parts[0] == "apis" && len(parts) >= 4:
		of.Group, of.Version, parts = parts[1], parts[2], parts[3:]
	default:
		return route{}, unknown(method, of)
	}
	var found route
	if parts[0] == "namespaces" && len(parts) >= 3 {
		found.namespace, parts = parts[1], parts[2:]
	}
	of.Resource = parts[0]
	k, ok := kindOf(of)
	if !ok || len(parts) > 3 || found.namespace != "" && !k.namespaced() {
		return route{}, unknown(method, of)
	}
	found.kind = k
	if len(parts) > 1 {
		found.name = parts[1]
	}
	if len(parts) > 2 {
		found.subresource = parts[2]
	}
	return found, nil
}

// unknown is the answer for whatever is not served: "the server could not find the
// requested resource".
func unknown(method string, of schema.GroupVersionResource) error {
	return apierrors.NewGenericServerResponse(http.StatusNotFound, strings.ToLower(method), of.GroupResource(), "", "", 0, true)
}
