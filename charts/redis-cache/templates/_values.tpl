{{/*
How values become YAML. Helm reads each number of a values file as a float, which toYaml prints as 1e+09 from a million
on; JSON is YAML as well, and prints it as it was.
*/}}

{{/* A string that may be given as a number or as true or false. */}}
{{- define "redis-cache.text" -}}
{{- if kindIs "invalid" . -}}
{{- else if and (kindIs "float64" .) (eq (floor .) .) -}}
{{- printf "%.0f" . -}}
{{- else -}}
{{- toString . -}}
{{- end -}}
{{- end -}}

{{/* Maps of such strings as one, in which a key is there once: the last map that has it counts. null takes it away. */}}
{{- define "redis-cache.strings" -}}
{{- $all := dict -}}
{{- range . -}}
{{- range $key, $value := . -}}
{{- if kindIs "invalid" $value -}}
{{- $_ := unset $all $key -}}
{{- else -}}
{{- $_ := set $all $key (include "redis-cache.text" $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $all -}}
{{- toYaml $all -}}
{{- end -}}
{{- end -}}

{{/* annotations: and these maps, if there are any. */}}
{{- define "redis-cache.annotations" -}}
{{- with include "redis-cache.strings" . -}}
annotations:
  {{- . | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* A list, each entry on a line of its own, with a line break before it. */}}
{{- define "redis-cache.entries" -}}
{{- range . }}
{{- if not (kindIs "invalid" .) }}
- {{ toJson . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Environment variables: Kubernetes takes strings alone. */}}
{{- define "redis-cache.env" -}}
{{- range . }}
{{- if hasKey . "value" }}
- {{ set (deepCopy .) "value" (include "redis-cache.text" .value) | toJson }}
{{- else }}
- {{ toJson . }}
{{- end }}
{{- end }}
{{- end -}}
