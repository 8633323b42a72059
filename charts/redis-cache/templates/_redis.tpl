{{/* How redis-server is called. */}}

{{/*
Helm reads every number as a float, which would print 1000000 as 1e+06, and YAML a bare yes or no as a boolean, which
Redis does not know.
*/}}
{{- define "redis-cache.scalar" -}}
{{- if kindIs "bool" . -}}
{{- ternary "yes" "no" . -}}
{{- else if kindIs "invalid" . -}}
{{- else if and (kindIs "float64" .) (eq (floor .) .) -}}
{{- printf "%.0f" . -}}
{{- else -}}
{{- toString . -}}
{{- end -}}
{{- end -}}

{{/*
Redis takes the last of two equal directives. So: what suits a cache, then what the user wants, then what must hold.
The fence comes last of all: a server that starts is nobody's master and has no master, whatever else was said.
It must be on the command line: a file can be rewritten by CONFIG REWRITE. The password is in a file, as everybody on the
node sees a command line; Redis reads it first.
*/}}
{{- define "redis-cache.redisArgs" -}}
{{- if .Values.auth.existingSecret -}}
- /run/redis/password.conf
{{ end -}}
{{ include "redis-cache.memoryArgs" . }}
- --maxmemory-policy
- allkeys-lru
- --repl-diskless-sync-delay
- "0"
- --repl-backlog-ttl
- "0"
- --tcp-keepalive
- "60"
{{- range $key, $value := .Values.redis.config }}
- --{{ $key }}
{{- range include "redis-cache.scalar" $value | splitList " " }}
- {{ . | quote }}
{{- end }}
{{- end }}
{{- range .Values.redis.extraArgs }}
- {{ include "redis-cache.text" . | quote }}
{{- end }}
- --port
- {{ if .Values.redis.tls.enabled }}"0"{{ else }}{{ .Values.service.port | int | quote }}{{ end }}
{{- if .Values.redis.tls.enabled }}
{{ include "redis-cache.redisTLSArgs" . }}
{{- end }}
- --dir
- /data
- --save
- ""
- --appendonly
- "no"
{{- /* A master sends what it has, and a replica deletes what it received, once it is loaded; it keeps what it has until then. */}}
- --repl-diskless-sync
- "yes"
- --repl-diskless-load
- disabled
- --rdb-del-sync-files
- "yes"
- --protected-mode
- "no"
- --replicaof
- 127.0.0.1
- "1"
{{- end -}}

{{/*
Redis loads at its start what lies in its folder, and the folder outlives it: one that was killed before it had loaded what
it received leaves that there, and so does SAVE. So whatever lies there is removed before each start; else there is none.
The password of this moment is written for it in the quotes of redis.conf, into memory.
*/}}
{{- define "redis-cache.redisCommand" -}}
- sh
- -c
- rm -rf /data/* /data/.[!.]* /data/..?* && {{ if .Values.auth.existingSecret }}{{ include "redis-cache.writePassword" . }} && {{ end }}exec "$0" "$@"
{{ toYaml (.Values.redis.command | default (list "redis-server")) }}
{{- end -}}

{{/*
What ends the line in the Secret belongs to nobody's password: neither the newline that kubectl create --from-file and editors
leave, nor that of Windows. The service leaves it out, too. An empty one would let everybody in.
*/}}
{{- define "redis-cache.password" -}}
cat /etc/redis/auth/password | tr -d \\r
{{- end -}}

{{- define "redis-cache.writePassword" -}}
p=$({{ include "redis-cache.password" . }} | sed 's/["\\]/\\&/g') && { [ -n "$p" ] || { echo 'the password in auth.existingSecret is empty' >&2; false; }; } && (umask 077 && printf 'requirepass "%s"\nmasterauth "%s"\n' "$p" "$p" >/run/redis/password.conf)
{{- end -}}

{{/* Valkey's images have redis-cli, too, as a link that its builders can leave out. */}}
{{- define "redis-cache.findCLI" -}}
cli=$(command -v redis-cli || command -v valkey-cli)
{{- end -}}

{{/*
Redis is reached at the pod's own address: it need not listen on 127.0.0.1. The password comes from the mounted file, which
has that of this moment, and is in no environment but that of the one call.
*/}}
{{- define "redis-cache.login" -}}
{{- if .Values.auth.existingSecret }}REDISCLI_AUTH="$({{ include "redis-cache.password" . }})" {{ end -}}
{{- end -}}

{{- define "redis-cache.cli" -}}
{{- include "redis-cache.login" . -}}
"$cli" -h "$POD_IP" -p {{ .Values.service.port | int }}{{ include "redis-cache.cliTLS" . }}
{{- end -}}

{{/*
Holds the pod until another one is master, so that a planned end loses nothing. A replica stays for a second as well: it
may just be becoming the master, chosen before its deletion was known. The master gives up shortly before Kubernetes
would, and when there has been no replica for 15 s to hand over to (the whole set is going). One without a backlog never had
a replica, so it is the only server, and waits for nobody. One that lives and does not tell its role, since all its
connections are taken, or a script keeps it busy, may be the master. A sidecar is told to end only after Redis has, and
needs what is left.
*/}}
{{- define "redis-cache.preStop" -}}
{{- $left := 5 -}}
{{- if eq .Values.sentinel.placement "sidecar" -}}
{{- $left = add $left .Values.sentinel.shutdownDelaySeconds -}}
{{- end -}}
{{ include "redis-cache.findCLI" . }} || exit 0
trap '' PIPE
end=$(( $(date +%s) + {{ sub (int .Values.redis.terminationGracePeriodSeconds) (int $left) }} ))
alone=0
replica=0
while [ "$(date +%s)" -lt "$end" ] && [ "$alone" -lt 75 ] && [ "$replica" -lt 5 ]; do
  case "$({{ include "redis-cache.cli" . }} info replication 2>&1)" in
    *role:master*connected_slaves:0*repl_backlog_active:0*) exit 0 ;;
    *role:master*connected_slaves:0*) alone=$(( alone + 1 )); replica=0 ;;
    *role:master*) alone=0; replica=0 ;;
    *role:slave*) replica=$(( replica + 1 )) ;;
    *SSL_connect*) ;;
    ''|*'Could not connect to '*) exit 0 ;;
  esac
  sleep 0.2
done
{{- end -}}

{{- define "redis-cache.readiness" -}}
{{ include "redis-cache.findCLI" . }}
case "$({{ include "redis-cache.cli" . }} info replication)" in
  *role:master*|*master_link_status:up*) exit 0 ;;
esac
exit 1
{{- end -}}

{{/*
Any answer is a sign of life: an error while the data is being loaded, one to the password, and one to the connection itself,
where all that Redis may have are taken. redis-cli tells the latter on its other output. With TLS Redis then ends the
handshake without a word, which no process does that hangs; without the trap redis-cli dies of that, as it still writes. What
nobody who lives would say is that there is no connection, or nothing until the probe's time is over.
*/}}
{{- define "redis-cache.liveness" -}}
{{ include "redis-cache.findCLI" . }} || exit 1
trap '' PIPE
case "$({{ include "redis-cache.cli" . }} ping 2>&1)" in
  *SSL_connect*) exit 0 ;;
  ''|*'Could not connect to '*) exit 1 ;;
esac
exit 0
{{- end -}}

{{/* Local volumes hold up the cluster autoscaler unless a pod says that nothing in them is missed. */}}
{{- define "redis-cache.evictable" -}}
cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes: data{{ if .Values.auth.existingSecret }},password{{ end }}
{{- end -}}

{{- define "redis-cache.redisEnv" -}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
{{ include "redis-cache.memoryEnv" . | trim }}
{{- include "redis-cache.env" .Values.redis.extraEnv }}
{{- end -}}
