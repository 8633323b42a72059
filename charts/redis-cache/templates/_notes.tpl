{{/*
A question to the Sentinel port from within a Redis container. The port's own password comes from the Secret, by way of
kubectl.
*/}}
{{- define "redis-cache.askSentinel" -}}
{{- $auth := .root.Values.sentinel.auth -}}
{{- if $auth.existingSecret -}}
sh -c 'REDISCLI_AUTH="$0" {{ .command }}' "$(kubectl -n {{ .root.Release.Namespace }} get secret {{ include "redis-cache.text" $auth.existingSecret }} -o jsonpath='{.data.{{ include "redis-cache.text" $auth.existingSecretKey | replace "." "\\." }}}' | base64 -d)"
{{- else -}}
{{ .command }}
{{- end -}}
{{- end -}}

{{/* A command of redis-cli to Redis from within its container, with the password that lies there. */}}
{{- define "redis-cache.askRedis" -}}
{{- if .root.Values.auth.existingSecret -}}
sh -c '{{ include "redis-cache.login" .root }}{{ .command }}'
{{- else -}}
{{ .command }}
{{- end -}}
{{- end -}}
