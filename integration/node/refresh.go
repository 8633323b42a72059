package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Refresh brings the Secrets and ConfigMaps of a container and its pod up to date, as
// a kubelet does by itself within a minute or so: files at once, the environment from
// the next start on.
func (a *Agent) Refresh(ctx context.Context, namespace, name, container string) error {
	p, c, err := a.find(namespace, name, container)
	if err != nil {
		return err
	}
	for _, volume := range p.spec().Volumes {
		files, err := p.files(ctx, volume.VolumeSource)
		if err != nil {
			return fmt.Errorf("volume %s: %w", volume.Name, err)
		}
		for file, content := range files {
			if err := replaceFile(filepath.Join(p.dir, "volumes", volume.Name, file), content); err != nil {
				return err
			}
		}
	}
	return c.prepare(ctx)
}

// replaceFile exchanges a file whose content has changed; no reader sees half of it.
func replaceFile(path, content string) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == content {
		return nil
	}
	next := path + ".next"
	if err := writeFile(next, content); err != nil {
		return err
	}
	return os.Rename(next, path)
}
