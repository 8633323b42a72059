{{/* What the schema cannot say, or cannot say clearly. */}}

{{- define "redis-cache.validate" -}}
{{- include "redis-cache.directives" . -}}
{{- include "redis-cache.ownLabels" . -}}
{{- include "redis-cache.outside" . -}}
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
{{- if and (eq .Values.sentinel.placement "sidecar") (lt (int .Values.redis.terminationGracePeriodSeconds) (add 10 (int .Values.sentinel.shutdownDelaySeconds) | int)) -}}
{{- fail (printf "redis.terminationGracePeriodSeconds %d: a sidecar needs 10 more than sentinel.shutdownDelaySeconds" (int .Values.redis.terminationGracePeriodSeconds)) -}}
{{- end -}}
{{- if and (eq .Values.service.masterEndpoints "labels") (not .Values.service.roleLabels) -}}
{{- fail "service.masterEndpoints labels: it needs service.roleLabels" -}}
{{- end -}}
{{- include "redis-cache.running" . -}}
{{- if has (include "redis-cache.masterName" $) (list "sentinel-leader" "sentinel-config") -}}
{{- fail (printf "masterName %s: a Lease of the service itself has this name" (include "redis-cache.masterName" $)) -}}
{{- end -}}
{{- if eq (int .Values.sentinel.port) (int .Values.sentinel.httpPort) -}}
{{- fail (printf "sentinel.port and sentinel.httpPort are both %d" (int .Values.sentinel.port)) -}}
{{- end -}}
{{- if and (eq .Values.sentinel.placement "sidecar") (has .Values.service.name (list "sentinel" "sentinel-tls" "http")) -}}
{{- fail (printf "service.name %s is also the name of a port of the sidecar" .Values.service.name) -}}
{{- end -}}
{{- if and (eq .Values.sentinel.placement "sidecar") (has (int .Values.service.port) (list (int .Values.sentinel.port) (int .Values.sentinel.httpPort) (ternary (int .Values.sentinel.tls.port) 0 .Values.sentinel.tls.enabled))) -}}
{{- fail (printf "service.port %d is also a port of the sidecar" (int .Values.service.port)) -}}
{{- end -}}
{{- end -}}

{{/*
What a running set does not survive: its servers restart one by one, and for a while the new ones would not belong to the
old ones, or not reach them. Known only where Helm asks a cluster.
*/}}
{{- define "redis-cache.running" -}}
{{- $name := include "redis-cache.fullname" . -}}
{{- with lookup "apps/v1" "StatefulSet" .Release.Namespace $name -}}
{{- $set := . -}}
{{- include "redis-cache.copies" $ -}}
{{- $instead := "on a running release; install another one beside it and move the clients (README.md, What an upgrade must not change)" -}}
{{- $was := index (.spec.template.metadata.labels | default dict) "redis-sentinel-k8s/master-name" | default (include "redis-cache.masterName" $) -}}
{{- if ne $was (include "redis-cache.masterName" $) -}}
{{- fail (printf "masterName: %s cannot become %s %s" $was (include "redis-cache.masterName" $) $instead) -}}
{{- end -}}
{{- range .spec.template.spec.containers -}}
{{- if eq .name "redis" -}}
{{- $args := .args | default list -}}
{{- /* The one that a person gave by extraArgs is none of the chart's: the service does not know it. */ -}}
{{- $password := or (has "$(REDIS_PASSWORD)" $args) (has "/run/redis/password.conf" $args) -}}
{{- if ne $password (ne (include "redis-cache.text" $.Values.auth.existingSecret) "") -}}
{{- fail (printf "auth.existingSecret: a password cannot be introduced or dropped %s" $instead) -}}
{{- end -}}
{{- if ne (has "--tls-port" $args) $.Values.redis.tls.enabled -}}
{{- fail (printf "redis.tls.enabled: TLS cannot be switched on or off %s" $instead) -}}
{{- end -}}
{{- /* The last server starts anew and copies the data from one that goes, which waits for it as long as it can. */ -}}
{{- $size := $set.spec.replicas | default 0 | int -}}
{{- if and (eq (int $.Values.replicaCount) 1) (gt $size 1) (ne .image (include "redis-cache.image" $.Values.redis.image)) -}}
{{- fail (printf "replicaCount: from %d servers to 1 and another image at once may lose the data, as nobody waits until a node has the image: do one after the other" $size) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
