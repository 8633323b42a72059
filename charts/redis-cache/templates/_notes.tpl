{{/*
A question to the Sentinel port from within a Redis container, whose environment holds Redis' password: redis-cli would
give it to the Sentinel port, too. That one's own password comes from the Secret, by way of kubectl.
*/}}
{{- define "redis-cache.askSentinel" -}}
{{- $auth := .root.Values.sentinel.auth -}}
{{- if $auth.existingSecret -}}
sh -c 'REDISCLI_AUTH="$0" {{ .command }}' "$(kubectl -n {{ .root.Release.Namespace }} get secret {{ $auth.existingSecret }} -o jsonpath='{.data.{{ $auth.existingSecretKey | replace "." "\\." }}}' | base64 -d)"
{{- else if .root.Values.auth.existingSecret -}}
sh -c 'unset REDISCLI_AUTH; {{ .command }}'
{{- else -}}
{{ .command }}
{{- end -}}
{{- end -}}
