{{/* What things are called, and the labels by which they find each other. */}}

{{- define "redis-cache.name" -}}
{{- include "redis-cache.text" .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/*
Cut so that the longest suffix, "-sentinel-leader", still fits in 63. Services are called so, too, and these begin with a
letter and have no dots: of a release that begins with a digit the name of the chart comes first.
*/}}
{{- define "redis-cache.fullname" -}}
{{- $name := include "redis-cache.name" . -}}
{{- $release := .Release.Name | replace "." "-" -}}
{{- $override := include "redis-cache.text" .Values.fullnameOverride -}}
{{- if $override -}}
{{- $override | trunc 46 | trimSuffix "-" -}}
{{- else if regexMatch "^[0-9]" $release -}}
{{- printf "%s-%s" $name $release | trunc 46 | trimSuffix "-" -}}
{{- else if contains $name $release -}}
{{- $release | trunc 46 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" $release $name | trunc 46 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The name that clients give to Sentinel, which may be a number. */}}
{{- define "redis-cache.masterName" -}}
{{- include "redis-cache.text" .Values.masterName -}}
{{- end -}}

{{/* The release is part of every selector: two releases in a namespace never meet. */}}
{{- define "redis-cache.selectorLabels" -}}
app.kubernetes.io/name: {{ include "redis-cache.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "redis-cache.redisSelector" -}}
{{ include "redis-cache.selectorLabels" . }}
app.kubernetes.io/component: redis
{{- end -}}

{{/* The pods that answer on the Sentinel port. */}}
{{- define "redis-cache.sentinelSelector" -}}
{{- if eq .Values.sentinel.placement "sidecar" -}}
{{ include "redis-cache.redisSelector" . }}
{{- else -}}
{{ include "redis-cache.selectorLabels" . }}
app.kubernetes.io/component: sentinel
{{- end -}}
{{- end -}}

{{/* A selector as one line: a=b,c=d */}}
{{- define "redis-cache.oneLine" -}}
{{- $parts := list -}}
{{- range $key, $value := fromYaml . -}}
{{- $parts = append $parts (printf "%s=%s" $key $value) -}}
{{- end -}}
{{- join "," $parts -}}
{{- end -}}

{{- define "redis-cache.labels" -}}
{{- $chart := printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" -}}
{{- $ours := dict "helm.sh/chart" $chart "app.kubernetes.io/version" .Chart.AppVersion "app.kubernetes.io/managed-by" .Release.Service -}}
{{- include "redis-cache.strings" (list $ours .Values.commonLabels) -}}
{{- end -}}

{{/* A tag may be given as a number. */}}
{{- define "redis-cache.image" -}}
{{- printf "%s:%s" .repository (include "redis-cache.scalar" .tag | required (printf "image %s: name its tag" .repository)) -}}
{{- end -}}

{{- define "redis-cache.sentinelImage" -}}
{{- $tag := include "redis-cache.scalar" .Values.sentinel.image.tag | default .Chart.AppVersion -}}
{{- include "redis-cache.image" (dict "repository" .Values.sentinel.image.repository "tag" $tag) -}}
{{- end -}}

{{/* How long pods stay on a node that Kubernetes does not hear of; without a number it is the cluster's own. */}}
{{- define "redis-cache.tolerations" -}}
{{- if not (kindIs "invalid" .tolerationSeconds) }}
{{- range list "not-ready" "unreachable" }}
- {key: node.kubernetes.io/{{ . }}, operator: Exists, effect: NoExecute, tolerationSeconds: {{ $.tolerationSeconds | int }}}
{{- end }}
{{- end }}
{{- include "redis-cache.entries" .tolerations }}
{{- end -}}

{{/* For what belongs to no namespace: two releases never meet. Neither part has a dot, and both may have dashes. */}}
{{- define "redis-cache.clusterName" -}}
{{- printf "%s.%s" .Release.Namespace (include "redis-cache.fullname" .) -}}
{{- end -}}

{{/*
Which addresses a Service has.
*/}}
{{- define "redis-cache.ipFamilies" -}}
{{- with .Values.service.ipFamilyPolicy }}
  ipFamilyPolicy: {{ . }}
{{- end }}
{{- with .Values.service.ipFamilies }}
  ipFamilies: {{ toJson . }}
{{- end }}
{{- end }}

{{/*
Tells a mesh that a port is not to be looked into, within the braces of the port.
*/}}
{{- define "redis-cache.appProtocol" -}}
{{- with .Values.service.appProtocol }}, appProtocol: {{ include "redis-cache.text" . | quote }}{{ end }}
{{- end }}
