package fleet

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
)

// SetDownAfter is what a user changes in Kubernetes: the option of a running master.
func (c *Cluster) SetDownAfter(ctx context.Context, set *Set, d time.Duration) error {
	patch := fmt.Sprintf(`{"metadata":{"annotations":{"%sdown-after-milliseconds":"%d"}}}`, k8s.Prefix, d.Milliseconds())
	_, err := c.client.AppsV1().StatefulSets(namespace).Patch(ctx, set.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	return err
}
