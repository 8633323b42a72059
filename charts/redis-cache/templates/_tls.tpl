{{/* Certificates: which Secrets, where they are mounted, and how redis-cli is told. */}}

{{- define "redis-cache.redisTLSSecret" -}}
{{- include "redis-cache.text" .Values.redis.tls.existingSecret | default (printf "%s-tls" (include "redis-cache.fullname" .)) -}}
{{- end -}}

{{- define "redis-cache.sentinelTLSSecret" -}}
{{- include "redis-cache.text" .Values.sentinel.tls.existingSecret | default (printf "%s-sentinel-tls" (include "redis-cache.fullname" .)) -}}
{{- end -}}

{{/* A name that the certificate of the servers has: that of one which the chart asked for is known. */}}
{{- define "redis-cache.redisServerName" -}}
{{- if .Values.redis.tls.serverName -}}
{{- .Values.redis.tls.serverName -}}
{{- else if and .Values.certManager.enabled (not .Values.redis.tls.existingSecret) -}}
{{- printf "%s.%s.svc" (include "redis-cache.fullname" .) .Release.Namespace -}}
{{- end -}}
{{- end -}}

{{- define "redis-cache.redisTLSArgs" -}}
- --tls-port
- {{ .Values.service.port | int | quote }}
- --tls-cert-file
- /etc/redis/tls/tls.crt
- --tls-key-file
- /etc/redis/tls/tls.key
- --tls-ca-cert-file
- /etc/redis/tls/ca.crt
- --tls-auth-clients
- {{ include "redis-cache.scalar" .Values.redis.tls.authClients | quote }}
- --tls-replication
- "yes"
{{- end -}}

{{- define "redis-cache.cliTLS" -}}
{{- if .Values.redis.tls.enabled }} --tls --cacert /etc/redis/tls/ca.crt --cert /etc/redis/tls/tls.crt --key /etc/redis/tls/tls.key{{ end -}}
{{- end -}}

{{/*
Mounted as folders, never by subPath: only so does a new content arrive without a restart. The keys that are needed are named:
of one that a Secret has not the kubelet then says so, in an Event of the pod.
*/}}
{{- define "redis-cache.redisMounts" -}}
{{- if .Values.auth.existingSecret }}
- {name: redis-auth, mountPath: /etc/redis/auth, readOnly: true}
{{- end }}
{{- if .Values.redis.tls.enabled }}
- {name: redis-tls, mountPath: /etc/redis/tls, readOnly: true}
{{- end }}
{{- end -}}

{{- define "redis-cache.redisVolumes" -}}
{{- if .Values.auth.existingSecret }}
- name: redis-auth
  secret:
    secretName: {{ include "redis-cache.text" .Values.auth.existingSecret | quote }}
    items: [{key: {{ include "redis-cache.text" .Values.auth.existingSecretKey | quote }}, path: password}]
{{- end }}
{{- if .Values.redis.tls.enabled }}
- name: redis-tls
  secret:
    secretName: {{ include "redis-cache.redisTLSSecret" . | quote }}
    items: [{key: tls.crt, path: tls.crt}, {key: tls.key, path: tls.key}, {key: ca.crt, path: ca.crt}]
{{- end }}
{{- end -}}

{{- define "redis-cache.sentinelMounts" -}}
{{- if .Values.sentinel.auth.existingSecret }}
- {name: sentinel-auth, mountPath: /etc/sentinel/auth, readOnly: true}
{{- end }}
{{- if .Values.sentinel.acl.existingSecret }}
- {name: sentinel-acl, mountPath: /etc/sentinel/acl, readOnly: true}
{{- end }}
{{- if .Values.sentinel.tls.enabled }}
- {name: sentinel-tls, mountPath: /etc/sentinel/tls, readOnly: true}
{{- end }}
{{- end -}}

{{- define "redis-cache.sentinelVolumes" -}}
{{- if .Values.sentinel.auth.existingSecret }}
- name: sentinel-auth
  secret:
    secretName: {{ include "redis-cache.text" .Values.sentinel.auth.existingSecret | quote }}
    items: [{key: {{ include "redis-cache.text" .Values.sentinel.auth.existingSecretKey | quote }}, path: password}]
{{- end }}
{{- if .Values.sentinel.acl.existingSecret }}
- name: sentinel-acl
  secret:
    secretName: {{ include "redis-cache.text" .Values.sentinel.acl.existingSecret | quote }}
    items: [{key: {{ include "redis-cache.text" .Values.sentinel.acl.existingSecretKey | quote }}, path: users.acl}]
{{- end }}
{{- if .Values.sentinel.tls.enabled }}
- name: sentinel-tls
  secret:
    secretName: {{ include "redis-cache.sentinelTLSSecret" . | quote }}
    items: [{key: tls.crt, path: tls.crt}, {key: tls.key, path: tls.key}{{ if ne (include "redis-cache.scalar" .Values.sentinel.tls.authClients) "no" }}, {key: ca.crt, path: ca.crt}{{ end }}]
{{- end }}
{{- end -}}

{{/* The flags of the service that the values above ask for. */}}
{{- define "redis-cache.sentinelSecurityArgs" -}}
{{- with .Values.sentinel.tls }}
{{- if not .enabled }}
- --port={{ $.Values.sentinel.port | int }}
{{- else }}
- --port={{ if .port }}{{ $.Values.sentinel.port | int }}{{ else }}0{{ end }}
- --tls-port={{ .port | default $.Values.sentinel.port | int }}
- --tls-cert-file=/etc/sentinel/tls/tls.crt
- --tls-key-file=/etc/sentinel/tls/tls.key
- --tls-auth-clients={{ include "redis-cache.scalar" .authClients }}
{{- if ne (include "redis-cache.scalar" .authClients) "no" }}
- --tls-ca-cert-file=/etc/sentinel/tls/ca.crt
{{- end }}
{{- end }}
{{- end }}
{{- if not .Values.sentinel.protectedMode }}
- --protected-mode=false
{{- end }}
{{- if .Values.sentinel.acl.existingSecret }}
- --acl-file=/etc/sentinel/acl/users.acl
{{- end }}
{{- if .Values.sentinel.auth.existingSecret }}
- --requirepass-file=/etc/sentinel/auth/password
{{- end }}
{{- if .Values.auth.existingSecret }}
- --redis-password-file=/etc/redis/auth/password
{{- end }}
{{- if .Values.redis.tls.enabled }}
- --redis-tls
- --redis-ca-file=/etc/redis/tls/ca.crt
{{- if ne (include "redis-cache.scalar" .Values.redis.tls.authClients) "no" }}
- --redis-cert-file=/etc/redis/tls/tls.crt
- --redis-key-file=/etc/redis/tls/tls.key
{{- end }}
{{- with include "redis-cache.redisServerName" . }}
- --redis-tls-server-name={{ . }}
{{- end }}
{{- end }}
{{- end -}}
