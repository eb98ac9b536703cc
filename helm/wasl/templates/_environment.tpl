{{/* The settings of a pod, as channels/settings.py reads them: http.port is WASL_HTTP_PORT. No secret is among them. */}}

{{- define "wasl.environment" -}}
{{- $v := .root.Values }}
{{- include "wasl.databaseEnvironment" . }}
{{- range include "wasl.secrets" . | fromYamlArray }}
{{- if .variable }}
- {name: {{ .variable }}, value: /run/secrets/wasl/{{ .file }}}
{{- end }}
{{- end }}
{{- if ne .role "migration" }}
{{- include "wasl.busEnvironment" . }}
{{- with $v.redis.url }}
- {name: WASL_REDIS, value: {{ . | quote }}}
{{- end }}
- {name: WASL_SMR, value: {{ $v.smr.url | quote }}}
- {name: WASL_PAYER, value: {{ $v.payer.url | quote }}}
{{- range $name, $variable := include "wasl.registries" . | fromYaml }}
{{- with (index $v.registries $name).url }}
- {name: WASL_REGISTRIES_{{ $variable }}, value: {{ . | quote }}}
{{- end }}
{{- end }}
{{- with $v.registries.upstream.username }}
- {name: WASL_REGISTRIES_UPSTREAM_USERNAME, value: {{ . | quote }}}
{{- end }}
# the name in consumer groups: a container that died comes back under it and has its partitions at once
- {name: WASL_NODE, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
{{- end }}
{{- if has .role (list "gateway" "console") }}
- {name: WASL_HTTP_HOST, value: "0.0.0.0"}
- {name: WASL_HTTP_PORT, value: "8080"}
{{- else if ne .role "migration" }}
- {name: WASL_WATCH_HOST, value: "0.0.0.0"}
- {name: WASL_WATCH_PORT, value: "8081"}
{{- end }}
{{- if eq .role "gateway" }}
- {name: WASL_MLLP_HOST, value: "0.0.0.0"}
- {name: WASL_MLLP_PORT, value: "2575"}
- {name: WASL_MLLP_TLS_PORT, value: "2576"}
- {name: WASL_MLLP_TRUSTED, value: {{ concat (list "127.0.0.0/8" "::1/128") $v.gateway.mllp.trusted | join "," | quote }}}
{{- end }}
{{- with $v.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "wasl.databaseEnvironment" -}}
{{- $v := .root.Values }}
{{- $address := printf "postgresql://%s@%s:%v/%s?sslmode=%s" $v.database.user $v.database.host $v.database.port $v.database.name $v.database.tls.mode }}
{{- if $v.database.tls.ca.existingSecret }}
{{- $address = printf "%s&sslrootcert=/run/secrets/wasl/database-ca.crt" $address }}
{{- end }}
- {name: WASL_NAMESPACE, value: {{ $v.namespace | quote }}}
- {name: WASL_DATABASE, value: {{ $address | quote }}}
- {name: WASL_DATABASE_POOL, value: {{ $v.database.pool | quote }}}
{{- if and (ne .role "migration") $v.database.migration.enabled }}
- {name: WASL_DATABASE_MIGRATE, value: "false"}
{{- end }}
{{- end }}

{{- define "wasl.busEnvironment" -}}
{{- $v := .root.Values }}
{{- $security := include "wasl.busSecurity" . | fromYaml }}
- {name: WASL_BUS, value: {{ printf "kafka://%s" (join "," $v.bus.brokers) | quote }}}
- {name: WASL_BUS_PARTITIONS, value: {{ $v.bus.partitions | quote }}}
- {name: WASL_BUS_REPLICATION, value: {{ $v.bus.replication | quote }}}
- {name: WASL_BUS_SECURITY_TLS, value: {{ $security.tls | quote }}}
- {name: WASL_BUS_SECURITY_VERIFY, value: {{ $security.verify | quote }}}
{{- with $security.mechanism }}
- {name: WASL_BUS_SECURITY_MECHANISM, value: {{ . | quote }}}
{{- end }}
{{- with $security.username }}
- {name: WASL_BUS_SECURITY_USERNAME, value: {{ . | quote }}}
{{- end }}
{{- with $security.oauth }}{{ if .tokenUrl }}
- {name: WASL_BUS_SECURITY_TOKEN_URL, value: {{ .tokenUrl | quote }}}
- {name: WASL_BUS_SECURITY_CLIENT_ID, value: {{ .clientId | quote }}}
- {name: WASL_BUS_SECURITY_SCOPE, value: {{ .scope | quote }}}
{{- end }}{{ end }}
{{- with $v.bus.schemaRegistry }}{{ if .url }}
- {name: WASL_BUS_SCHEMA_REGISTRY, value: {{ .url | quote }}}
- {name: WASL_BUS_SCHEMA_REGISTRY_USERNAME, value: {{ .username | quote }}}
{{- end }}{{ end }}
{{- end }}

{{/* Each of the registries elsewhere, and how its variables are called. */}}
{{- define "wasl.registries" -}}
client: CLIENT
facility: FACILITY
healthWorker: HEALTH_WORKER
rnp: RNP
upstream: UPSTREAM
{{- end }}
