{{/* What would be overwritten without a word, or would overwrite what must hold. */}}

{{/* Directives of redis.conf, in redis.config and in redis.extraArgs. */}}
{{- define "redis-cache.directives" -}}
{{- $ours := list "replicaof" "slaveof" "port" "dir" "save" "appendonly" "protected-mode" "include" "cluster-enabled" "rename-command" "sentinel" "daemonize" "bind" "tls-port" "tls-cert-file" "tls-key-file" "tls-ca-cert-file" "tls-auth-clients" "tls-replication" "tls-cluster" -}}
{{- /* A replica that takes writes is a master beside the master, and clients are not led by what it announces. */ -}}
{{- $ours = concat $ours (list "replica-read-only" "slave-read-only" "replica-announce-ip" "slave-announce-ip" "replica-announce-port" "slave-announce-port") -}}
{{- /* What would leave data on the disk, or would drop what a replica has before it has the new. */ -}}
{{- $ours = concat $ours (list "rdb-del-sync-files" "repl-diskless-sync" "repl-diskless-load") -}}
{{- $password := list "requirepass" "masterauth" "masteruser" -}}
{{- $fence := list "min-replicas-to-write" "min-slaves-to-write" "min-replicas-max-lag" "min-slaves-max-lag" "repl-ping-replica-period" "repl-ping-slave-period" -}}
{{- $priority := list "replica-priority" "slave-priority" -}}
{{- $given := list -}}
{{- range $key, $_ := .Values.redis.config -}}
{{- $given = append $given (list (lower $key) (printf "redis.config.%s" $key) false) -}}
{{- end -}}
{{- range .Values.redis.extraArgs -}}
{{- $word := include "redis-cache.text" . -}}
{{- if hasPrefix "--" $word -}}
{{- $given = append $given (list (lower (trimPrefix "--" (first (regexSplit "\\s+" $word -1)))) (printf "redis.extraArgs: %q" $word) true) -}}
{{- else if eq $word "-" -}}
{{- fail "redis.extraArgs: \"-\" has Redis read directives from its input, which it has not" -}}
{{- end -}}
{{- end -}}
{{- range $given -}}
{{- $name := index . 0 -}}
{{- $what := index . 1 -}}
{{- if has $name $ours -}}
{{- fail (printf "%s: the chart sets this directive itself or cannot work with it" $what) -}}
{{- else if has $name $fence -}}
{{- fail (printf "%s: the service sets this directive itself, as high as the servers that live allow for (sentinel.minReplicasMaxLag)" $what) -}}
{{- else if has $name $priority -}}
{{- fail (printf "%s: all servers would have the same, which chooses nobody, and with 0 none could ever be the master" $what) -}}
{{- else if and (has $name $password) (or $.Values.auth.existingSecret (not (index . 2))) -}}
{{- fail (printf "%s: the password is that of auth.existingSecret" $what) -}}
{{- end -}}
{{- end -}}
{{- with first (.Values.redis.extraArgs | default list) -}}
{{- if not (hasPrefix "--" (include "redis-cache.text" .)) -}}
{{- fail (printf "redis.extraArgs: %q comes first, so it must be a directive: --name" (include "redis-cache.text" .)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Labels by which things are found, an annotation, and variables of the environment that are the chart's own. */}}
{{- define "redis-cache.ownLabels" -}}
{{- $ours := list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" "app.kubernetes.io/managed-by" "statefulset.kubernetes.io/pod-name" "apps.kubernetes.io/pod-index" "controller-revision-hash" "pod-template-hash" -}}
{{- range $at, $labels := dict "commonLabels" .Values.commonLabels "redis.podLabels" .Values.redis.podLabels "sentinel.podLabels" .Values.sentinel.podLabels -}}
{{- range $key, $_ := $labels -}}
{{- if or (has $key $ours) (hasPrefix "redis-sentinel-k8s/" $key) -}}
{{- fail (printf "%s: the label %s is the chart's, the service's or Kubernetes' own; pods are found by it" $at $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if hasKey (.Values.redis.podAnnotations | default dict) "redis-sentinel-k8s/port" -}}
{{- fail "redis.podAnnotations: redis-sentinel-k8s/port is the chart's own; see service.port" -}}
{{- end -}}
{{- range $at, $env := dict "redis.extraEnv" .Values.redis.extraEnv "sentinel.extraEnv" .Values.sentinel.extraEnv -}}
{{- range $env -}}
{{- if has .name (list "POD_NAME" "POD_NAMESPACE" "POD_IP" "POD_UID") -}}
{{- fail (printf "%s: %s is set by the chart itself" $at .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
