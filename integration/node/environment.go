package node

import (
	"context"
	"fmt"
	"os"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// variables are a container's environment in the order of its spec.
type variables struct {
	names  []string
	values map[string]string
}

func (v *variables) set(name, value string) {
	if _, known := v.values[name]; !known {
		v.names = append(v.names, name)
	}
	v.values[name] = value
}

func (v *variables) list() []string {
	list := make([]string, 0, len(v.names))
	for _, name := range v.names {
		list = append(list, name+"="+v.values[name])
	}
	return list
}

// expand replaces $(NAME) by the variable's value, as Kubernetes does: an unknown
// name stays as it is written, and $$ is a $ that begins nothing.
func (v *variables) expand(text string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "$")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		name, rest, closed := strings.Cut(strings.TrimPrefix(after, "("), ")")
		value, known := v.values[name]
		switch {
		case strings.HasPrefix(after, "$"):
			out.WriteString("$")
			text = after[1:]
		case strings.HasPrefix(after, "(") && closed && known:
			out.WriteString(value)
			text = rest
		default:
			out.WriteString("$")
			text = after
		}
	}
}

func (v *variables) expandAll(texts []string) []string {
	expanded := make([]string, 0, len(texts))
	for _, text := range texts {
		expanded = append(expanded, v.expand(text))
	}
	return expanded
}

// environment reads all that the container's environment refers to.
func (c *container) environment(ctx context.Context) (*variables, error) {
	v := &variables{values: map[string]string{}}
	v.set("PATH", os.Getenv("PATH"))
	v.set("HOSTNAME", c.pod.latest().Name)
	for _, source := range c.spec.EnvFrom {
		values, err := c.pod.envFrom(ctx, source)
		if err != nil {
			return nil, err
		}
		for key, value := range values {
			v.set(source.Prefix+key, value)
		}
	}
	for _, env := range c.spec.Env {
		value, present, err := c.value(ctx, env, v)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", env.Name, err)
		}
		if present {
			v.set(env.Name, value)
		}
	}
	return v, nil
}

func (c *container) value(ctx context.Context, env corev1.EnvVar, v *variables) (value string, present bool, err error) {
	from := env.ValueFrom
	switch {
	case from == nil:
		return v.expand(env.Value), true, nil
	case from.FieldRef != nil:
		value, err = c.pod.field(from.FieldRef.FieldPath)
		return value, true, err
	case from.ResourceFieldRef != nil:
		value, err = c.resource(from.ResourceFieldRef)
		return value, true, err
	case from.SecretKeyRef != nil:
		ref := from.SecretKeyRef
		values, err := c.pod.secret(ctx, ref.Name, isTrue(ref.Optional))
		return pick(values, err, "secret "+ref.Name, ref.Key, isTrue(ref.Optional))
	case from.ConfigMapKeyRef != nil:
		ref := from.ConfigMapKeyRef
		values, err := c.pod.configMap(ctx, ref.Name, isTrue(ref.Optional))
		return pick(values, err, "config map "+ref.Name, ref.Key, isTrue(ref.Optional))
	default:
		return "", false, fmt.Errorf("a kind of source that this agent has not")
	}
}

func pick(values map[string]string, err error, source, key string, optional bool) (string, bool, error) {
	if err != nil {
		return "", false, err
	}
	value, present := values[key]
	if !present && !optional {
		return "", false, fmt.Errorf("%s has no key %q", source, key)
	}
	return value, present, nil
}

// field answers the downward API.
func (p *pod) field(path string) (string, error) {
	object := p.latest()
	name, key, keyed := strings.Cut(strings.TrimSuffix(path, "']"), "['")
	switch {
	case keyed && name == "metadata.labels":
		return object.Labels[key], nil
	case keyed && name == "metadata.annotations":
		return object.Annotations[key], nil
	}
	values := map[string]string{
		"metadata.name": object.Name, "metadata.namespace": object.Namespace, "metadata.uid": string(p.uid),
		"spec.nodeName": object.Spec.NodeName, "spec.serviceAccountName": object.Spec.ServiceAccountName,
		"status.podIP": p.address(), "status.podIPs": p.address(), "status.hostIP": hostIP, "status.hostIPs": hostIP,
	}
	value, known := values[path]
	if !known {
		return "", fmt.Errorf("field %s: this agent does not know it", path)
	}
	return value, nil
}

// resource answers limits.memory and the like; without a limit it is the node's.
func (c *container) resource(ref *corev1.ResourceFieldSelector) (string, error) {
	group, name, _ := strings.Cut(ref.Resource, ".")
	list := map[string]corev1.ResourceList{
		"limits": c.spec.Resources.Limits, "requests": c.spec.Resources.Requests,
	}[group]
	quantity, present := list[corev1.ResourceName(name)]
	if !present {
		quantity, present = c.pod.machine.object().Status.Allocatable[corev1.ResourceName(name)]
	}
	if !present {
		return "", fmt.Errorf("resource %s: this agent does not know it", ref.Resource)
	}
	divisor := ref.Divisor
	if divisor.IsZero() {
		divisor = resource.MustParse("1")
	}
	whole := (quantity.MilliValue() + divisor.MilliValue() - 1) / divisor.MilliValue()
	return fmt.Sprint(whole), nil
}

func isTrue(value *bool) bool { return value != nil && *value }
