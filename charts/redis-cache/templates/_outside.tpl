{{/* Clients outside of the cluster: how Services are reached from there, and what such clients are told. */}}

{{- define "redis-cache.exposed" -}}
type: {{ .type }}
{{- if ne .type "ClusterIP" }}
{{- with .externalTrafficPolicy }}
externalTrafficPolicy: {{ . }}
{{- end }}
{{- end }}
{{- with .loadBalancerIP }}
loadBalancerIP: {{ . | quote }}
{{- end }}
{{- with .loadBalancerClass }}
loadBalancerClass: {{ . | quote }}
{{- end }}
{{- with .loadBalancerSourceRanges }}
loadBalancerSourceRanges: {{ toJson . }}
{{- end }}
{{- end -}}

{{- define "redis-cache.nodePort" -}}
{{- with . }}, nodePort: {{ int . }}{{ end -}}
{{- end -}}

{{/* The host:port that SENTINEL SENTINELS tells of each replica of the service; empty: its pod's own. */}}
{{- define "redis-cache.announceSentinel" -}}
{{- if .Values.announce.sentinel -}}
{{- .Values.announce.sentinel -}}
{{- else if .Values.announce.hostnames -}}
{{- printf "%s-sentinel.%s.svc.%s:%d" (include "redis-cache.fullname" .) .Release.Namespace .Values.clusterDomain (int .Values.sentinel.port) -}}
{{- end -}}
{{- end -}}

{{- define "redis-cache.announceSentinelAnnotation" -}}
{{- with include "redis-cache.announceSentinel" . -}}
redis-sentinel-k8s/announce-sentinel: {{ . | quote }}
{{- end -}}
{{- end -}}

{{/* What a certificate of the Sentinel port has to name beside the Services: by what clients from outside reach it. */}}
{{- define "redis-cache.sentinelHosts" -}}
{{- $hosts := .Values.sentinel.tls.extraNames | default list -}}
{{- with .Values.announce.sentinel -}}
{{- $hosts = append $hosts (regexReplaceAll ":[0-9]+$" . "" | trimPrefix "[" | trimSuffix "]") -}}
{{- end -}}
{{- with .Values.sentinel.service.loadBalancerIP -}}
{{- $hosts = append $hosts . -}}
{{- end -}}
{{- toJson (uniq $hosts) -}}
{{- end -}}

{{/* What Kubernetes would refuse in other words, or nobody would heed. */}}
{{- define "redis-cache.outside" -}}
{{- range $at, $service := dict "sentinel.service" .Values.sentinel.service "announce.services" .Values.announce.services -}}
{{- range list "loadBalancerIP" "loadBalancerClass" "loadBalancerSourceRanges" -}}
{{- if and (get $service .) (ne $service.type "LoadBalancer") -}}
{{- fail (printf "%s.%s: it needs %s.type LoadBalancer" $at . $at) -}}
{{- end -}}
{{- end -}}
{{- range list "nodePort" "tlsNodePort" -}}
{{- if and (get $service .) (eq $service.type "ClusterIP") -}}
{{- fail (printf "%s.%s: it needs %s.type NodePort or LoadBalancer" $at . $at) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with .Values.sentinel.service -}}
{{- if .tlsNodePort -}}
{{- if not (and $.Values.sentinel.tls.enabled $.Values.sentinel.tls.port) -}}
{{- fail "sentinel.service.tlsNodePort: there is no port for TLS beside sentinel.port; sentinel.service.nodePort is that of the only one" -}}
{{- else if eq (int .tlsNodePort) (int .nodePort) -}}
{{- fail (printf "sentinel.service.nodePort and sentinel.service.tlsNodePort are both %d" (int .nodePort)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
