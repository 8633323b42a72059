package k8s

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// label sees that the master's pod has LabelEndpoint if that is in use, and that no other
// pod of the set has it. The master's comes first: clients wait for it.
func (e *endpoints) label(ctx context.Context, master string, w endpoint, inUse bool) error {
	e.noteLabel(master, inUse)
	pods := slices.Clone(w.pods)
	slices.SortStableFunc(pods, func(a, b *podRow) int { return rankOf(b, w) - rankOf(a, w) })
	for _, row := range pods {
		want := ""
		if inUse && row.uid == w.process.UID {
			want = string(sentinel.RoleMaster)
		}
		if row.endpoint == want {
			continue
		}
		if err := e.patch(ctx, row, want); err != nil {
			return err
		}
	}
	return nil
}

func rankOf(row *podRow, w endpoint) int {
	if row.uid == w.process.UID {
		return 1
	}
	return 0
}

// noteLabel tells people once how plain clients are led.
func (e *endpoints) noteLabel(master string, inUse bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.masters[master]
	if s == nil || s.labelled == inUse {
		return
	}
	s.labelled = inUse
	log := e.log.WithField("master", master)
	if inUse {
		log.Warn("endpoints of the master's Service cannot be written: its pod is labelled instead, plain clients find it later")
		return
	}
	log.Info("endpoints of the master's Service are written")
}

func (e *endpoints) patch(ctx context.Context, row *podRow, value string) error {
	var label any // null removes it
	if value != "" {
		label = value
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": row.uid, "labels": map[string]any{LabelEndpoint: label},
	}})
	if err != nil {
		return fmt.Errorf("label pod %s: %w", row.name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err = e.client.CoreV1().Pods(e.options.Namespace).Patch(ctx, row.name, types.MergePatchType, patch, metav1.PatchOptions{})
	if isGone(err) {
		err = nil
	}
	e.health.note("patch", podResource, err)
	if err != nil {
		return fmt.Errorf("label pod %s: %w", row.name, err)
	}
	return nil
}
