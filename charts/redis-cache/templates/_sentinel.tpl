{{/* The container of the service: the same in pods of its own and as a sidecar. */}}

{{- define "redis-cache.sentinelContainer" -}}
- name: sentinel
  image: {{ include "redis-cache.sentinelImage" . | quote }}
  imagePullPolicy: {{ .Values.sentinel.image.pullPolicy }}
  {{- if eq .Values.sentinel.placement "sidecar" }}
  restartPolicy: Always
  {{- end }}
  args:
    - --namespace=$(POD_NAMESPACE)
    - --selector={{ include "redis-cache.oneLine" (include "redis-cache.redisSelector" .) }}
    - --lease-prefix={{ include "redis-cache.fullname" . }}-
    - --peer-selector={{ include "redis-cache.oneLine" (include "redis-cache.sentinelSelector" .) }}
    {{- include "redis-cache.sentinelSecurityArgs" . | nindent 4 }}
    - --http-port={{ .Values.sentinel.httpPort | int }}
    - --shutdown-delay={{ .Values.sentinel.shutdownDelaySeconds | int }}s
    - --log-level={{ .Values.sentinel.logLevel }}
    - --log-format={{ .Values.sentinel.logFormat }}
    {{- if .Values.announce.hostnames }}
    - --announce-hostnames
    - --cluster-domain={{ .Values.clusterDomain }}
    {{- end }}
    {{- if .Values.announce.services.enabled }}
    - --announce-services
    {{- end }}
    {{- if .Values.sentinel.watchNodes }}
    - --watch-nodes
    {{- end }}
    {{- range .Values.sentinel.extraArgs }}
    - {{ include "redis-cache.text" . | quote }}
    {{- end }}
  env:
    - name: POD_NAME
      valueFrom: {fieldRef: {fieldPath: metadata.name}}
    - name: POD_NAMESPACE
      valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
    - name: POD_UID
      valueFrom: {fieldRef: {fieldPath: metadata.uid}}
    - name: POD_IP
      valueFrom: {fieldRef: {fieldPath: status.podIP}}
    {{- include "redis-cache.env" .Values.sentinel.extraEnv | indent 4 }}
  ports:
    - {name: sentinel, containerPort: {{ .Values.sentinel.port | int }}}
    {{- if and .Values.sentinel.tls.enabled .Values.sentinel.tls.port }}
    - {name: sentinel-tls, containerPort: {{ .Values.sentinel.tls.port | int }}}
    {{- end }}
    - {name: http, containerPort: {{ .Values.sentinel.httpPort | int }}}
  readinessProbe:
    httpGet: {path: /readyz, port: http}
    periodSeconds: 2
    failureThreshold: 2
  livenessProbe:
    httpGet: {path: /healthz, port: http}
    initialDelaySeconds: 10
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 3
  {{- $mounts := printf "%s%s%s" (include "redis-cache.sentinelMounts" .) (include "redis-cache.redisMounts" .) (include "redis-cache.tokenMount" .) }}
  {{- with $mounts }}
  volumeMounts:
    {{- . | trim | nindent 4 }}
  {{- end }}
  {{- with .Values.sentinel.resources }}
  resources: {{ toJson . }}
  {{- end }}
  {{- with include "redis-cache.sentinelSecurityContext" . }}
  securityContext: {{ . }}
  {{- end }}
{{- end -}}

{{/* Of the pod's a sidecar has the user alone: the others are those of Redis' pod. */}}
{{- define "redis-cache.sentinelSecurityContext" -}}
{{- $context := dict -}}
{{- if eq .Values.sentinel.placement "sidecar" -}}
{{- $_ := set $context "runAsNonRoot" true -}}
{{- with .Values.sentinel.podSecurityContext -}}
{{- if not (kindIs "invalid" .runAsUser) -}}
{{- $_ := set $context "runAsUser" .runAsUser -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $key, $value := .Values.sentinel.securityContext -}}
{{- $_ := set $context $key $value -}}
{{- end -}}
{{- if $context -}}
{{- toJson $context -}}
{{- end -}}
{{- end -}}

{{/* A sidecar's rights are its own: Redis, in the same pod, gets no token. */}}
{{- define "redis-cache.tokenMount" -}}
{{- if eq .Values.sentinel.placement "sidecar" }}
- {name: token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
{{- end }}
{{- end -}}

{{- define "redis-cache.tokenVolume" -}}
- name: token
  projected:
    sources:
      - serviceAccountToken: {path: token, expirationSeconds: 3607}
      - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
      - downwardAPI: {items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]}
{{- end -}}

{{/* Whether the API server is to hold the service's token to what the service does: "true" or "false". */}}
{{- define "redis-cache.admissionPolicy" -}}
{{- if eq (include "redis-cache.scalar" .Values.admissionPolicy.enabled) "auto" -}}
{{- semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version -}}
{{- else -}}
{{- .Values.admissionPolicy.enabled -}}
{{- end -}}
{{- end -}}
