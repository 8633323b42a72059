{{/*
What Redis may take of its memory limit. A full sync under writes can take twice what a master holds: the fork that makes the
copy keeps each page that is written to meanwhile, and what is written waits for the replica beside maxmemory, in the output
buffer. docs/memory.md has the derivation and its measurements.
*/}}

{{/* A Kubernetes quantity in bytes. */}}
{{- define "redis-cache.bytes" -}}
{{- $text := include "redis-cache.scalar" . -}}
{{- $number := regexFind "^([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?" $text -}}
{{- $unit := trimPrefix $number $text -}}
{{- $factors := dict "" 1.0 "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 "Pi" 1125899906842624.0 "Ei" 1152921504606846976.0 -}}
{{- if or (not $number) (not (hasKey $factors $unit)) -}}
{{- fail (printf "redis.resources.limits.memory is %q: give it in Ki, Mi, Gi, k, M, G or bytes" $text) -}}
{{- end -}}
{{- mulf (float64 $number) (get $factors $unit) | int64 -}}
{{- end -}}

{{/* The limit in bytes; 0 without one. */}}
{{- define "redis-cache.memoryLimit" -}}
{{- $limit := dig "memory" "" (dig "limits" "" (.Values.redis.resources | default dict) | default dict) -}}
{{- if $limit -}}
{{- include "redis-cache.bytes" $limit -}}
{{- else -}}
0
{{- end -}}
{{- end -}}

{{/* The greatest share that no sync makes too much, in percent. */}}
{{- define "redis-cache.safePercent" -}}
25
{{- end -}}

{{/* Before Redis 7 each replica has a buffer of its own. */}}
{{- define "redis-cache.separateBuffers" -}}
{{- regexMatch "^[1-6]\\." (include "redis-cache.scalar" .Values.redis.image.tag) -}}
{{- end -}}

{{/*
Bytes that may wait for a replica, all in one buffer or each in its own: then as for two replicas, however many there are,
since a pod's template must not depend on the number of pods. The notes tell where that is too much.
*/}}
{{- define "redis-cache.replicaBuffer" -}}
{{- $limit := include "redis-cache.memoryLimit" . | int64 -}}
{{- div $limit (ternary 16 8 (eq (include "redis-cache.separateBuffers" .) "true")) -}}
{{- end -}}

{{- define "redis-cache.memoryArgs" -}}
{{- $limit := include "redis-cache.memoryLimit" . | int64 -}}
- --maxmemory
- {{ div (mul $limit (int64 .Values.redis.maxmemoryPercent)) 100 | quote }}
{{- if $limit }}
- --repl-backlog-size
- {{ div $limit 32 | quote }}
- --replica-lazy-flush
- "no"
- --client-output-buffer-limit
- replica
- {{ include "redis-cache.replicaBuffer" . | quote }}
- {{ include "redis-cache.replicaBuffer" . | quote }}
- "60"
- --client-output-buffer-limit
- pubsub
- {{ min (div $limit 32) 33554432 | quote }}
- {{ min (div $limit 128) 8388608 | quote }}
- "60"
{{ include "redis-cache.fullSyncArgs" . }}
{{- else }}
- --repl-backlog-size
- 16mb
{{- end }}
{{- end -}}

{{/*
A replica that takes the copy on one connection and the stream of writes on another can keep the latter itself: it has no fork
to leave room for. Redis 8 does so of itself, for as much as a master would; Valkey has to be told. Older ones know neither
directive, and would not start, so the image's name and tag have to say what it is.
*/}}
{{- define "redis-cache.fullSyncArgs" -}}
{{- $name := last (splitList "/" .Values.redis.image.repository) -}}
{{- $major := regexFind "^[0-9]+" (include "redis-cache.scalar" .Values.redis.image.tag) | int -}}
{{- if and (eq $name "redis") (ge $major 8) -}}
- --replica-full-sync-buffer-limit
- {{ div (mul (include "redis-cache.memoryLimit" . | int64) 3) 8 | quote }}
{{- else if and (eq $name "valkey") (ge $major 8) -}}
- --dual-channel-replication-enabled
- "yes"
{{- end -}}
{{- end -}}

{{/*
jemalloc gives back what is free after half a second, not after ten: buffers that a sync has freed would count beside the next
one's. The name depends on how it was built.
*/}}
{{- define "redis-cache.memoryEnv" -}}
{{- $given := list -}}
{{- range .Values.redis.extraEnv }}{{ $given = append $given .name }}{{ end -}}
{{- range list "MALLOC_CONF" "JE_MALLOC_CONF" }}
{{- if not (has . $given) }}
- name: {{ . }}
  value: dirty_decay_ms:500,muzzy_decay_ms:0
{{- end }}
{{- end }}
{{- end -}}

{{/* For the notes: what is out of the range in which no sync can kill anybody. */}}
{{- define "redis-cache.memoryRisk" -}}
{{- $limit := include "redis-cache.memoryLimit" . | int64 -}}
{{- $safe := include "redis-cache.safePercent" . | int -}}
{{- $found := list -}}
{{- if gt (int .Values.redis.maxmemoryPercent) $safe -}}
{{- $found = append $found (printf "redis.maxmemoryPercent is %d, and %d is safe" (int .Values.redis.maxmemoryPercent) $safe) -}}
{{- end -}}
{{- if and (eq (include "redis-cache.separateBuffers" .) "true") (gt (int .Values.replicaCount) 3) -}}
{{- $found = append $found (printf "%d replicas of a Redis before 7 have a buffer each" (sub (int .Values.replicaCount) 1)) -}}
{{- end -}}
{{- $ours := list "maxmemory" "repl-backlog-size" "client-output-buffer-limit" "replica-full-sync-buffer-limit" "replica-lazy-flush" "slave-lazy-flush" -}}
{{- range $key, $_ := .Values.redis.config -}}
{{- if has (lower $key) $ours -}}
{{- $found = append $found (printf "redis.config sets %s" $key) -}}
{{- end -}}
{{- end -}}
{{- range .Values.redis.extraArgs -}}
{{- $word := include "redis-cache.text" . -}}
{{- if and (hasPrefix "--" $word) (has (lower (trimPrefix "--" (first (splitList " " $word)))) $ours) -}}
{{- $found = append $found (printf "redis.extraArgs sets %s" $word) -}}
{{- end -}}
{{- end -}}
{{- if not $limit }}

Redis has no memory limit (redis.resources.limits.memory): it fills its node.
{{- else if $found }}

Memory: {{ join ", " $found }}. So a full sync under writes may take more memory than the limit, and
the kernel then kills the master, or the replica (docs/memory.md).
{{- end -}}
{{- end -}}
