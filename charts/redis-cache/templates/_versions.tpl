{{/*
Which server can be a replica of which. A copy has the format of who writes it: Redis 7.0 writes 10, 7.2 and all Valkeys 11 for
those who do not know more, Redis 7.4 and later 12, and nobody reads what is later than his own. Valkey reads nothing of Redis from
12 on. docs/versions.md has what was measured. An image's name and tag have to say what it is; of others nothing is known.
*/}}

{{/* As JSON: name (redis or valkey), reads, and writes; empty where it is not known. */}}
{{- define "redis-cache.format" -}}
{{- $image := regexReplaceAll "@.*$" . "" -}}
{{- $name := regexReplaceAll ":[^:/]*$" (last (splitList "/" $image)) "" -}}
{{- $tag := regexFind ":[0-9]+(\\.[0-9]+)?" (last (splitList "/" $image)) | trimPrefix ":" -}}
{{- $major := regexFind "^[0-9]+" $tag | int -}}
{{- $minor := regexFind "\\.[0-9]+" $tag | trimPrefix "." -}}
{{- if eq $name "redis" -}}
{{- if ge $major 8 -}}
{{- dict "name" $name "reads" 12 "writes" 12 | toJson -}}
{{- else if and (eq $major 7) (has $minor (list "0" "2" "4")) -}}
{{- $format := get (dict "0" 10 "2" 11 "4" 12) $minor -}}
{{- dict "name" $name "reads" $format "writes" $format | toJson -}}
{{- else if eq $major 6 -}}
{{- dict "name" $name "reads" 9 "writes" 9 | toJson -}}
{{- end -}}
{{- else if and (eq $name "valkey") (ge $major 7) -}}
{{- dict "name" $name "reads" 11 "writes" 11 | toJson -}}
{{- end -}}
{{- end -}}

{{/* Pods of the image that is wanted would never get in sync with the master that serves now. */}}
{{- define "redis-cache.copies" -}}
{{- $wanted := include "redis-cache.image" .Values.redis.image -}}
{{- $reads := include "redis-cache.format" $wanted -}}
{{- if $reads -}}
{{- $instance := .Release.Name -}}
{{- range (lookup "v1" "Pod" .Release.Namespace "").items -}}
{{- $labels := .metadata.labels | default dict -}}
{{- if and (eq (get $labels "app.kubernetes.io/instance") $instance) (eq (get $labels "redis-sentinel-k8s/role") "master") -}}
{{- $pod := .metadata.name -}}
{{- range .spec.containers -}}
{{- $writes := include "redis-cache.format" .image -}}
{{- if and (eq .name "redis") $writes (gt (($writes | fromJson).writes | int) (($reads | fromJson).reads | int)) -}}
{{- fail (printf "redis.image: the master, %s, runs %s, and %s cannot read what that sends: its pods would never be ready; install another release beside it and move the clients (docs/versions.md)" $pod .image $wanted) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
