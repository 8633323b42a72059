package chart_test

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// secure asks for everything at once.
func secure(placement string) values {
	return values{
		"auth":  values{"existingSecret": "redis"},
		"redis": values{"tls": values{"enabled": true, "existingSecret": "redis-cert", "authClients": "yes", "serverName": "redis.example"}},
		"sentinel": values{
			"placement": placement,
			"auth":      values{"existingSecret": "sentinel"},
			"acl":       values{"existingSecret": "people", "existingSecretKey": "list"},
			"tls":       values{"enabled": true, "existingSecret": "sentinel-cert"},
		},
	}
}

func TestSecretsAreMountedAndNamed(t *testing.T) {
	for _, placement := range []string{"deployment", "sidecar"} {
		o := render(t, "dev", secure(placement))
		redisPod := o.statefulSets["dev-redis-cache"].Spec.Template.Spec
		servicePod := redisPod
		if placement == "deployment" {
			servicePod = o.deployments["dev-redis-cache-sentinel"].Spec.Template.Spec
		}
		service, redis := container(t, servicePod, "sentinel"), container(t, redisPod, "redis")
		checkMounts(t, servicePod, service, map[string]string{
			"/etc/sentinel/auth": "sentinel", "/etc/sentinel/acl": "people", "/etc/sentinel/tls": "sentinel-cert",
			"/etc/redis/auth": "redis", "/etc/redis/tls": "redis-cert",
		})
		checkMounts(t, redisPod, redis, map[string]string{"/etc/redis/auth": "redis", "/etc/redis/tls": "redis-cert"})
		for _, want := range []string{
			"--port=0", "--tls-port=26379", "--tls-cert-file=/etc/sentinel/tls/tls.crt", "--tls-key-file=/etc/sentinel/tls/tls.key",
			"--tls-ca-cert-file=/etc/sentinel/tls/ca.crt", "--tls-auth-clients=optional", "--acl-file=/etc/sentinel/acl/users.acl",
			"--requirepass-file=/etc/sentinel/auth/password", "--redis-password-file=/etc/redis/auth/password", "--redis-tls",
			"--redis-ca-file=/etc/redis/tls/ca.crt", "--redis-tls-server-name=redis.example",
		} {
			if !slices.Contains(service.Args, want) {
				t.Errorf("%s: no %s in %v", placement, want, service.Args)
			}
		}
		for _, env := range service.Env {
			if env.ValueFrom != nil && env.ValueFrom.SecretKeyRef != nil {
				t.Errorf("%s: %s cannot change without a restart", placement, env.Name)
			}
		}
		args := strings.Join(redis.Args, " ")
		for _, want := range []string{"--port 0 ", "--tls-port 6379 ", "--tls-auth-clients yes ", "--tls-replication yes ", "--tls-ca-cert-file /etc/redis/tls/ca.crt "} {
			if !strings.Contains(args, want) {
				t.Errorf("%s: no %q in %s", placement, want, args)
			}
		}
		if !strings.HasSuffix(args, "--replicaof 127.0.0.1 1") {
			t.Errorf("%s: the fence is not last in %s", placement, args)
		}
		checkCommands(t, redis)
	}
}

// checkMounts demands that a container has these Secrets at these folders, none of
// them by subPath: such a file never changes.
func checkMounts(t *testing.T, pod corev1.PodSpec, c corev1.Container, want map[string]string) {
	t.Helper()
	secrets := map[string]string{}
	for _, volume := range pod.Volumes {
		if volume.Secret != nil {
			secrets[volume.Name] = volume.Secret.SecretName
		}
	}
	have := map[string]string{}
	for _, mount := range c.VolumeMounts {
		if mount.SubPath != "" {
			t.Errorf("%s is mounted by subPath", mount.MountPath)
		}
		have[mount.MountPath] = secrets[mount.Name]
	}
	for path, secret := range want {
		if have[path] != secret {
			t.Errorf("container %s has Secret %q at %s, want %q", c.Name, have[path], path, secret)
		}
	}
}

// checkCommands demands that every call of redis-cli speaks TLS and takes the
// password of this moment.
func checkCommands(t *testing.T, redis corev1.Container) {
	t.Helper()
	for name, command := range scripts(redis) {
		script := strings.Join(command, " ")
		if !strings.Contains(script, "--tls --cacert /etc/redis/tls/ca.crt") || !strings.Contains(script, `$(cat /etc/redis/auth/password | tr -d \\r)`) {
			t.Errorf("%s: %s", name, script)
		}
	}
}

func TestTLSBesideThePlainPort(t *testing.T) {
	o := render(t, "dev", values{
		"networkPolicy": values{"enabled": true},
		"sentinel":      values{"tls": values{"enabled": true, "existingSecret": "s", "port": 26380, "authClients": false}},
	})
	args := sentinelOf(t, o).Args
	for _, want := range []string{"--port=26379", "--tls-port=26380", "--tls-auth-clients=no"} {
		if !slices.Contains(args, want) {
			t.Errorf("no %s in %v", want, args)
		}
	}
	if strings.Contains(strings.Join(args, " "), "--tls-ca-cert-file") {
		t.Error("a Secret without ca.crt would not do though nobody's certificate is asked for")
	}
	ports := map[string]int32{}
	for _, port := range o.services["dev-redis-cache-sentinel"].Spec.Ports {
		ports[port.Name] = port.Port
	}
	if ports["sentinel"] != 26379 || ports["sentinel-tls"] != 26380 {
		t.Errorf("the Service has %v", ports)
	}
	if policy := o.networkPolicies["dev-redis-cache-sentinel"].Spec.Ingress[0]; len(policy.Ports) != 2 {
		t.Errorf("the NetworkPolicy lets %d ports through, want 2", len(policy.Ports))
	}
}

func TestSecurityRefusals(t *testing.T) {
	on := values{"enabled": true}
	for _, test := range []struct {
		values values
		say    string
	}{
		{values{"redis": values{"tls": on}}, "redis.tls.enabled: give a Secret"},
		{values{"sentinel": values{"tls": on}}, "sentinel.tls.enabled: give a Secret"},
		{values{"certManager": on}, "certManager.issuerRef.name"},
		{values{"redis": values{"tls": values{"authClients": "maybe"}}}, "authClients"},
		{values{"redis": values{"config": values{"tls-replication": "no"}}}, "redis.config.tls-replication"},
		{values{"sentinel": values{"tls": values{"enabled": true, "existingSecret": "s", "port": 26379}}}, "sentinel.tls.port 26379"},
	} {
		out, errOut, err := helm(t, "template", "dev", chartFolder, "-f", valuesFile(t, test.values))
		if err == nil {
			t.Errorf("%v was accepted:\n%s", test.values, out)
		} else if !strings.Contains(errOut, test.say) {
			t.Errorf("%v: refused without %q:\n%s", test.values, test.say, errOut)
		}
	}
}

func TestCertManager(t *testing.T) {
	v := values{
		"certManager": values{"enabled": true, "issuerRef": values{"name": "ours"}, "renewBefore": "240h"},
		"redis":       values{"tls": values{"enabled": true}},
		"sentinel":    values{"tls": values{"enabled": true}},
	}
	out, errOut, err := helm(t, "template", "dev", chartFolder, "-f", valuesFile(t, v), "--show-only", "templates/certificates.yaml")
	if err != nil {
		t.Fatalf("%v: %s", err, errOut)
	}
	for _, want := range []string{
		`secretName: "dev-redis-cache-tls"`, `secretName: "dev-redis-cache-sentinel-tls"`, "*.dev-redis-cache.default.svc.cluster.local",
		"dev-redis-cache-sentinel.default.svc\"", `renewBefore: "240h"`, `name: "ours"`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if n := strings.Count(out, "client auth"); n != 1 {
		t.Errorf("%d certificates are clients', want that of Redis alone:\n%s", n, out)
	}
	const name = "dev-redis-cache.default.svc"
	if demands := demanded(t, v); !strings.Contains(out, `"`+name+`"`) || !strings.Contains(demands, "--redis-tls-server-name="+name+"\n") {
		t.Errorf("the service does not demand %s, or no certificate has it:\n%s\n%s", name, demands, out)
	}
	v["redis"] = values{"tls": values{"enabled": true, "existingSecret": "own"}}
	if demands := demanded(t, v); strings.Contains(demands, "--redis-tls-server-name") {
		t.Errorf("a name is demanded, and nobody knows which ones a certificate of one's own has:\n%s", demands)
	}
	out, errOut, err = helm(t, "template", "dev", chartFolder, "-f", valuesFile(t, v), "--show-only", "templates/certificates.yaml")
	if err != nil || strings.Count(out, "kind: Certificate") != 1 {
		t.Errorf("beside a Secret of one's own there must be one certificate (%v %s):\n%s", err, errOut, out)
	}
}

// demanded is the service's Deployment, as text: Certificates are in no scheme.
func demanded(t *testing.T, v values) string {
	t.Helper()
	out, errOut, err := helm(t, "template", "dev", chartFolder, "-f", valuesFile(t, v), "--show-only", "templates/deployment.yaml")
	if err != nil {
		t.Fatalf("%v: %s", err, errOut)
	}
	return out
}

// TestKeysAreNamed: the kubelet tells of a key that a Secret has not, if it is asked for by its name. Who
// asks for no certificates needs no authority, and shows none himself.
func TestKeysAreNamed(t *testing.T) {
	keys := func(pod corev1.PodSpec, volume string) (names []string) {
		for _, v := range pod.Volumes {
			if v.Name == volume {
				for _, item := range v.Secret.Items {
					names = append(names, item.Key)
				}
			}
		}
		return names
	}
	for _, asked := range []string{"yes", "optional", "no"} {
		encrypted := values{"enabled": true, "existingSecret": "c", "authClients": asked}
		o := render(t, "dev", values{"redis": values{"tls": encrypted}, "sentinel": values{"tls": encrypted}})
		redis, service := o.statefulSets["dev-redis-cache"].Spec.Template.Spec, o.deployments["dev-redis-cache-sentinel"].Spec.Template.Spec
		want := []string{"tls.crt", "tls.key", "ca.crt"}
		if got := keys(redis, "redis-tls"); !slices.Equal(got, want) {
			t.Errorf("%s: Redis has the keys %v, want %v", asked, got, want)
		}
		if asked == "no" {
			want = want[:2]
		}
		if got := keys(service, "sentinel-tls"); !slices.Equal(got, want) {
			t.Errorf("%s: the Sentinel port has the keys %v, want %v", asked, got, want)
		}
		if shown := slices.Contains(sentinelOf(t, o).Args, "--redis-cert-file=/etc/redis/tls/tls.crt"); shown == (asked == "no") {
			t.Errorf("%s: the service shows its certificate to Redis: %v", asked, shown)
		}
	}
}
