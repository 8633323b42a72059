{{/* What the schema cannot say, or cannot say clearly. */}}

{{- define "redis-cache.validate" -}}
{{- $ours := list "replicaof" "slaveof" "port" "dir" "save" "appendonly" "protected-mode" "requirepass" "masterauth" "masteruser" "include" "cluster-enabled" "rename-command" "sentinel" "daemonize" "bind" "tls-port" "tls-cert-file" "tls-key-file" "tls-ca-cert-file" "tls-auth-clients" "tls-replication" "tls-cluster" "replica-announce-ip" "replica-announce-port" -}}
{{- range $key, $_ := .Values.redis.config -}}
{{- if has (lower $key) $ours -}}
{{- fail (printf "redis.config.%s: the chart sets this directive itself or cannot work with it" $key) -}}
{{- end -}}
{{- end -}}
{{- range .Values.redis.extraArgs -}}
{{- if has (lower (trimPrefix "--" (first (splitList " " .)))) (list "replicaof" "slaveof" "include" "sentinel" "cluster-enabled" "rename-command" "port" "dir" "-") -}}
{{- fail (printf "redis.extraArgs: %q is set by the chart itself or cannot work with it" .) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.redis.extraArgs (not (hasPrefix "--" (first .Values.redis.extraArgs))) -}}
{{- fail (printf "redis.extraArgs: %q comes first, so it must be a directive: --name" (first .Values.redis.extraArgs)) -}}
{{- end -}}
{{- range $at, $tls := dict "redis.tls" .Values.redis.tls "sentinel.tls" .Values.sentinel.tls -}}
{{- if and $tls.enabled (not $tls.existingSecret) (not $.Values.certManager.enabled) -}}
{{- fail (printf "%s.enabled: give a Secret in %s.existingSecret, or let cert-manager make one (certManager.enabled)" $at $at) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.certManager.enabled (not .Values.certManager.issuerRef.name) -}}
{{- fail "certManager.enabled: name an Issuer in certManager.issuerRef.name" -}}
{{- end -}}
{{- if and .Values.sentinel.tls.enabled .Values.sentinel.tls.port (has (int .Values.sentinel.tls.port) (list (int .Values.sentinel.port) (int .Values.sentinel.httpPort))) -}}
{{- fail (printf "sentinel.tls.port %d is also sentinel.port or sentinel.httpPort; 0 encrypts sentinel.port itself" (int .Values.sentinel.tls.port)) -}}
{{- end -}}
{{- if eq .Values.masterName "sentinel-leader" -}}
{{- fail "masterName sentinel-leader: the service's own Lease has this name" -}}
{{- end -}}
{{- if eq (int .Values.sentinel.port) (int .Values.sentinel.httpPort) -}}
{{- fail (printf "sentinel.port and sentinel.httpPort are both %d" (int .Values.sentinel.port)) -}}
{{- end -}}
{{- if and (eq .Values.sentinel.placement "sidecar") (has (int .Values.service.port) (list (int .Values.sentinel.port) (int .Values.sentinel.httpPort))) -}}
{{- fail (printf "service.port %d is also a port of the sidecar" (int .Values.service.port)) -}}
{{- end -}}
{{- end -}}
