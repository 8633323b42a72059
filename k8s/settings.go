package k8s

import (
	"context"
	"fmt"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// The settings of the service live in a Lease of their own, beside the records: one
// kind of object, one permission, one watch.

const settingsSuffix = "sentinel-config"

// AnnotationSettings on a Lease holds the service's settings as JSON.
const AnnotationSettings = Prefix + "settings"

// SettingsLease is the name of the Lease that holds the service's settings.
func SettingsLease(prefix string) string { return prefix + settingsSuffix }

// GetSettings reads the settings live; without any, the zero value.
func (r *Records) GetSettings(ctx context.Context) (sentinel.Settings, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	lease, err := r.client.CoordinationV1().Leases(r.options.Namespace).
		Get(ctx, SettingsLease(r.options.LeasePrefix), metav1.GetOptions{})
	r.health.note("get", leaseResource, err)
	if apierrors.IsNotFound(err) {
		return sentinel.Settings{}, nil
	}
	if err != nil {
		return sentinel.Settings{}, fmt.Errorf("settings: %w", err)
	}
	return settingsOf(lease)
}

// PutSettings writes settings over the version that they carry, or creates them,
// and returns them as written. The error is sentinel.ErrConflict if others are there
// by now.
func (r *Records) PutSettings(ctx context.Context, s sentinel.Settings) (sentinel.Settings, error) {
	if err := s.TooNew(); err != nil {
		return sentinel.Settings{}, fmt.Errorf("settings: %w", err)
	}
	s.Seq++
	s.Format = sentinel.Format
	text, err := encode(s, s.Text)
	if err != nil {
		return sentinel.Settings{}, fmt.Errorf("settings: %w", err)
	}
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{
		Namespace:       r.options.Namespace,
		Name:            SettingsLease(r.options.LeasePrefix),
		ResourceVersion: s.Version,
		Labels:          map[string]string{AnnotationRecord: recordLabel(r.options.LeasePrefix)},
		Annotations:     map[string]string{AnnotationSettings: text},
	}}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	lease.OwnerReferences = r.serviceOwners(ctx)
	leases := r.client.CoordinationV1().Leases(r.options.Namespace)
	if s.Version == "" {
		lease, err = leases.Create(ctx, lease, metav1.CreateOptions{})
		r.health.note("create", leaseResource, err)
	} else {
		lease, err = update(ctx, leases, lease)
		r.health.note("update", leaseResource, err)
	}
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err) {
		return sentinel.Settings{}, fmt.Errorf("settings: %w", sentinel.ErrConflict)
	}
	if err != nil {
		return sentinel.Settings{}, fmt.Errorf("settings: %w", err)
	}
	s.Version = lease.ResourceVersion
	if s.Text != "" {
		s.Text = lease.Annotations[AnnotationSettings]
	}
	return s, nil
}

func settingsOf(lease *coordinationv1.Lease) (sentinel.Settings, error) {
	var s sentinel.Settings
	beside, err := decode(lease.Annotations[AnnotationSettings], &s)
	if err != nil {
		return s, fmt.Errorf("lease %s: annotation %s: %w", lease.Name, AnnotationSettings, err)
	}
	s.Version, s.Text = lease.ResourceVersion, beside
	return s, nil
}
