package embedded

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// largestBody is what a real server accepts, too.
const largestBody = 3 << 20

var (
	statusKind = metav1.SchemeGroupVersion.WithKind("Status")
	formats    = scheme.Codecs.SupportedMediaTypes()
	// anyFormat is for who has no wish: JSON.
	anyFormat, _ = runtime.SerializerInfoForMediaType(formats, runtime.ContentTypeJSON)
)

// formatOf chooses the first format of an Accept header that can be written: client-go
// puts protobuf first, which costs both sides a fraction of JSON.
func formatOf(accept string) (runtime.SerializerInfo, error) {
	if accept == "" {
		return anyFormat, nil
	}
	for wish := range strings.SplitSeq(accept, ",") {
		media, parameters, err := mime.ParseMediaType(wish)
		if err != nil || parameters["as"] != "" { // tables and partial objects
			continue
		}
		if media == "*/*" || media == "application/*" {
			return anyFormat, nil
		}
		if format, ok := runtime.SerializerInfoForMediaType(formats, media); ok && format.StreamSerializer != nil {
			return format, nil
		}
	}
	return anyFormat, apierrors.NewGenericServerResponse(http.StatusNotAcceptable, "get", schema.GroupResource{}, "", fmt.Sprintf("only JSON and protobuf are served here, not %q", accept), 0, true)
}

// mediaType is a Content-Type without its parameters.
func mediaType(header string) string {
	media, _, err := mime.ParseMediaType(header)
	if err != nil {
		return header
	}
	return media
}

func (c *call) body() ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, c.request.Body, largestBody))
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return body, nil
}

// decode reads JSON or protobuf, whichever it is. Something of another kind would
// be silently empty, so it is refused.
func decode(body []byte, into runtime.Object) error {
	decoded, kind, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, into)
	if err != nil {
		return apierrors.NewBadRequest(err.Error())
	}
	if decoded != into {
		return apierrors.NewBadRequest(fmt.Sprintf("the body is a %s, want %T", kind, into))
	}
	return nil
}

// write answers with an object that nobody else uses: it is told its kind here.
func write(w http.ResponseWriter, format runtime.SerializerInfo, code int, o runtime.Object, kind schema.GroupVersionKind) {
	o.GetObjectKind().SetGroupVersionKind(kind)
	w.Header().Set("Content-Type", format.MediaType)
	w.WriteHeader(code)
	if err := format.Serializer.Encode(o, w); err != nil {
		panic(http.ErrAbortHandler) // an answer that is cut short must not look whole
	}
}
