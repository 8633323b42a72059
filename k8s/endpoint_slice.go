package k8s

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
)

const (
	// LabelEndpoint on the master's pod is what the Service for plain clients selects.
	// It is there only where its EndpointSlice cannot be written.
	LabelEndpoint = Prefix + "endpoint"
	// sliceManager is who manages our EndpointSlices.
	sliceManager = "redis-sentinel-k8s"
	// AnnotationAsOf on an EndpointSlice is the state of the record that it follows.
	AnnotationAsOf = Prefix + "as-of"
)

// asOf orders the states of a record. Where somebody has deleted it, its writes count from 1
// again, in a later epoch if a replica lives that knows the last one.
type asOf struct{ epoch, seq uint64 }

func (a asOf) compare(b asOf) int {
	return cmp.Or(cmp.Compare(a.epoch, b.epoch), cmp.Compare(a.seq, b.seq))
}

func (a asOf) String() string { return fmt.Sprintf("%d.%d", a.epoch, a.seq) }

// asOfSlice is the zero value where somebody else wrote.
func asOfSlice(slice *discoveryv1.EndpointSlice) (a asOf) {
	epoch, seq, _ := strings.Cut(slice.Annotations[AnnotationAsOf], ".")
	var err error
	if a.epoch, err = strconv.ParseUint(epoch, 10, 64); err != nil {
		return asOf{}
	}
	if a.seq, err = strconv.ParseUint(seq, 10, 64); err != nil {
		return asOf{}
	}
	return a
}

// masterService is the Service through which plain clients reach a master, and the name
// of its port, which may have none.
type masterService struct{ name, port string }

// parseMasterService reads name or name:port.
func parseMasterService(text string) (masterService, error) {
	name, port, named := strings.Cut(text, ":")
	if len(validation.IsDNS1123Label(name)) > 0 || named && len(validation.IsDNS1123Label(port)) > 0 {
		return masterService{}, fmt.Errorf("%q: want the name of a Service, or name:port with the name of its port", text)
	}
	return masterService{name, port}, nil
}

// toSlice makes the slice; it has the Service's name.
func toSlice(w endpoint, namespace, prefix, master string) *discoveryv1.EndpointSlice {
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: w.service.name,
			Labels: map[string]string{
				discoveryv1.LabelServiceName: w.service.name,
				discoveryv1.LabelManagedBy:   sliceManager,
				AnnotationRecord:             recordLabel(prefix),
				LabelMaster:                  master,
			},
			Annotations: map[string]string{AnnotationAsOf: w.asOf.String()},
			// It goes with the set: nobody else may delete it when the Service is gone.
			OwnerReferences: []metav1.OwnerReference{ownerRef("StatefulSet", w.set.name, types.UID(w.set.uid))},
		},
		AddressType: addressType(w.process.Addr.Host),
		Endpoints:   []discoveryv1.Endpoint{},
	}
	if w.pod == nil {
		return slice
	}
	protocol := corev1.ProtocolTCP
	slice.AddressType = addressType(w.pod.ip)
	slice.Ports = []discoveryv1.EndpointPort{{Name: new(w.service.port), Port: new(int32(w.port)), Protocol: &protocol}}
	slice.Endpoints = []discoveryv1.Endpoint{{
		Addresses:  []string{w.pod.ip},
		Conditions: discoveryv1.EndpointConditions{Ready: new(w.ready), Serving: new(w.ready), Terminating: new(false)},
		NodeName:   pointerUnlessEmpty(w.pod.node),
		Zone:       pointerUnlessEmpty(w.pod.zone),
		TargetRef:  &corev1.ObjectReference{Kind: "Pod", Namespace: namespace, Name: w.pod.name, UID: types.UID(w.pod.uid)},
	}}
	return slice
}

func addressType(host string) discoveryv1.AddressType {
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() {
		return discoveryv1.AddressTypeIPv6
	}
	return discoveryv1.AddressTypeIPv4
}

func pointerUnlessEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// sameSlice tells that nothing differs that matters to anybody: a record that is written
// again and names the same master is no reason to write.
func sameSlice(a, b *discoveryv1.EndpointSlice) bool {
	for key, value := range b.Labels {
		if a.Labels[key] != value {
			return false
		}
	}
	return a.AddressType == b.AddressType &&
		equality.Semantic.DeepEqual(a.Ports, b.Ports) && equality.Semantic.DeepEqual(a.Endpoints, b.Endpoints) &&
		equality.Semantic.DeepEqual(a.OwnerReferences, b.OwnerReferences)
}
