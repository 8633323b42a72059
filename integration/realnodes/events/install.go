package events

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/release"
)

// NewStage installs the set, and the pods that put load on it.
func NewStage(ctx context.Context, c *realnodes.Cluster, namespace string, values cluster.Values, log func(string, ...any)) (*Stage, error) {
	r, err := release.New(ctx, c, namespace, "dev")
	if err != nil {
		return nil, err
	}
	if _, _, err := r.Install(ctx, values); err != nil {
		return nil, err
	}
	if err := r.StartWriters(ctx); err != nil {
		return nil, err
	}
	_, err = r.Settled(ctx)
	return &Stage{Release: r, Base: values, Log: log}, err
}

// Remove takes the set and its namespace away.
func (s *Stage) Remove(ctx context.Context) error {
	if err := s.Uninstall(ctx); err != nil {
		return err
	}
	_, err := s.Kubectl(ctx, "delete", "namespace", s.Namespace)
	return err
}

// installBeside installs the same in a namespace of its own, and takes it away again.
func (s *Stage) installBeside(ctx context.Context) (Round, error) {
	s.beside++
	r, err := release.New(ctx, s.Cluster, fmt.Sprintf("%s-beside-%d", s.Namespace, s.beside), s.Name)
	if err != nil {
		return Round{}, err
	}
	_, took, err := r.Install(ctx, s.Base)
	if err == nil {
		_, err = r.Settled(ctx)
	}
	return Round{Took: took}, errors.Join(err, (&Stage{Release: r}).Remove(ctx))
}

// merged are values with others laid over them.
func merged(base, over cluster.Values) cluster.Values {
	all := maps.Clone(base)
	if all == nil {
		all = cluster.Values{}
	}
	for key, value := range over {
		was, isMap := all[key].(cluster.Values)
		if now, both := value.(cluster.Values); both && isMap {
			value = merged(was, now)
		}
		all[key] = value
	}
	return all
}
