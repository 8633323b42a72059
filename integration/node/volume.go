package node

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// makeVolumes makes a folder for each volume and fills it.
func (p *pod) makeVolumes(ctx context.Context) error {
	folders := map[string]string{}
	for _, volume := range p.spec().Volumes {
		folder := filepath.Join(p.dir, "volumes", volume.Name)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		files, err := p.files(ctx, volume.VolumeSource)
		if err != nil {
			return fmt.Errorf("volume %s: %w", volume.Name, err)
		}
		for name, content := range files {
			if err := writeFile(filepath.Join(folder, name), content); err != nil {
				return err
			}
		}
		folders[volume.Name] = folder
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.volumes = folders
	return nil
}

func writeFile(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o600)
}

// files returns what a volume holds at first, by path.
func (p *pod) files(ctx context.Context, source corev1.VolumeSource) (map[string]string, error) {
	switch {
	case source.EmptyDir != nil:
		return nil, nil
	case source.ConfigMap != nil:
		from := source.ConfigMap
		values, err := p.configMap(ctx, from.Name, isTrue(from.Optional))
		if err != nil {
			return nil, err
		}
		return chosen(values, from.Items, isTrue(from.Optional))
	case source.Secret != nil:
		from := source.Secret
		values, err := p.secret(ctx, from.SecretName, isTrue(from.Optional))
		if err != nil {
			return nil, err
		}
		return chosen(values, from.Items, isTrue(from.Optional))
	case source.Projected != nil:
		return p.projected(ctx, source.Projected.Sources)
	default:
		return nil, fmt.Errorf("a kind of volume that this agent has not")
	}
}

func (p *pod) projected(ctx context.Context, sources []corev1.VolumeProjection) (map[string]string, error) {
	all := map[string]string{}
	for _, source := range sources {
		// The other kinds are those of the ServiceAccount's volume; see addKubeconfig.
		switch {
		case source.ConfigMap != nil:
			values, err := p.configMap(ctx, source.ConfigMap.Name, isTrue(source.ConfigMap.Optional))
			if err != nil {
				return nil, err
			}
			files, err := chosen(values, source.ConfigMap.Items, isTrue(source.ConfigMap.Optional))
			if err != nil {
				return nil, err
			}
			maps.Copy(all, files)
		case source.Secret != nil:
			values, err := p.secret(ctx, source.Secret.Name, isTrue(source.Secret.Optional))
			if err != nil {
				return nil, err
			}
			files, err := chosen(values, source.Secret.Items, isTrue(source.Secret.Optional))
			if err != nil {
				return nil, err
			}
			maps.Copy(all, files)
		}
	}
	return all, nil
}

// chosen are the keys that are asked for. As with a kubelet, one that is not there keeps the pod
// from being started.
func chosen(values map[string]string, items []corev1.KeyToPath, optional bool) (map[string]string, error) {
	if len(items) == 0 {
		return values, nil
	}
	files := map[string]string{}
	for _, item := range items {
		value, present := values[item.Key]
		switch {
		case present:
			files[item.Path] = value
		case !optional:
			return nil, fmt.Errorf("references non-existent secret key: %s", item.Key)
		}
	}
	return files, nil
}

func (p *pod) configMap(ctx context.Context, name string, optional bool) (map[string]string, error) {
	object, err := p.agent.options.Client.CoreV1().ConfigMaps(p.latest().Namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) && optional {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	values := maps.Collect(maps.All(object.Data))
	for key, value := range object.BinaryData {
		values[key] = string(value)
	}
	return values, nil
}

func (p *pod) secret(ctx context.Context, name string, optional bool) (map[string]string, error) {
	object, err := p.agent.options.Client.CoreV1().Secrets(p.latest().Namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) && optional {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	values := maps.Collect(maps.All(object.StringData)) // the fake clientset does not move it to Data
	for key, value := range object.Data {
		values[key] = string(value)
	}
	return values, nil
}

func (p *pod) envFrom(ctx context.Context, source corev1.EnvFromSource) (map[string]string, error) {
	if ref := source.SecretRef; ref != nil {
		return p.secret(ctx, ref.Name, isTrue(ref.Optional))
	}
	if ref := source.ConfigMapRef; ref != nil {
		return p.configMap(ctx, ref.Name, isTrue(ref.Optional))
	}
	return nil, nil
}

// onDisk replaces the container's mount paths in texts by the folders that stand
// for them. A path counts only as a whole or before a slash.
func (p *pod) onDisk(spec corev1.Container, texts []string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	mounts := slices.Clone(spec.VolumeMounts)
	slices.SortFunc(mounts, func(a, b corev1.VolumeMount) int { return len(b.MountPath) - len(a.MountPath) })
	replaced := make([]string, 0, len(texts))
	for _, text := range texts {
		replaced = append(replaced, replacePaths(text, mounts, p.volumes))
	}
	return replaced
}

// replacePaths goes through the text once, so that it never looks at what it has
// put in.
func replacePaths(text string, mounts []corev1.VolumeMount, folders map[string]string) string {
	var out strings.Builder
	for at := 0; at < len(text); {
		mount := mountAt(text, at, mounts)
		if mount == nil {
			out.WriteByte(text[at])
			at++
			continue
		}
		out.WriteString(filepath.Join(folders[mount.Name], mount.SubPath))
		at += len(mount.MountPath)
	}
	return out.String()
}

const pathBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

func mountAt(text string, at int, mounts []corev1.VolumeMount) *corev1.VolumeMount {
	if at > 0 && strings.IndexByte(pathBytes+"/", text[at-1]) >= 0 {
		return nil
	}
	for i, mount := range mounts {
		rest, found := strings.CutPrefix(text[at:], mount.MountPath)
		if found && (rest == "" || strings.IndexByte(pathBytes, rest[0]) < 0) {
			return &mounts[i]
		}
	}
	return nil
}
