{{/*
Secrets are mounted as files and never stand in the environment, where a process list, a crash report or a child could
show them. This is the one list of them: which Secret, which entry, which file, which variable names the file, and for
which role. Both the volume and the environment are made from it.
*/}}

{{- define "wasl.secrets" -}}
{{- $v := .root.Values }}
{{- $flow := has .role (list "gateway" "mediation" "delivery" "console") }}
{{- $listens := has .role (list "gateway" "console") }}
{{- with $v.database.password }}{{ if .existingSecret }}
- {secret: {{ .existingSecret }}, key: {{ .key }}, file: database-password, variable: WASL_DATABASE_PASSWORD_FILE}
{{- end }}{{ end }}
{{- with $v.database.tls.ca }}{{ if .existingSecret }}
- {secret: {{ .existingSecret }}, key: {{ .key }}, file: database-ca.crt}
{{- end }}{{ end }}
{{- if $listens }}
{{- with $v.admin.password }}
- {secret: {{ .existingSecret }}, key: {{ .key }}, file: admin-password, variable: WASL_ADMIN_PASSWORD_FILE}
{{- end }}
{{- end }}
{{- if or $flow (eq .role "migration") }}
{{- with $v.key }}
- {secret: {{ .existingSecret }}, key: {{ .key }}, file: master.key, variable: WASL_KEY_FILE}
{{- end }}
{{- end }}
{{- if $flow }}
{{- with $v.redis.password }}{{ if .existingSecret }}
- {secret: {{ .existingSecret }}, key: {{ .key }}, file: redis-password, variable: WASL_REDIS_PASSWORD_FILE}
{{- end }}{{ end }}
{{- include "wasl.busSecrets" . }}
{{- end }}
{{- if eq .role "delivery" }}
{{- range $name := list "smr" "payer" }}
{{- with (index $v $name).token }}{{ if .existingSecret }}
- {secret: {{ .existingSecret }}, key: {{ .key }}, file: {{ $name }}-token, variable: WASL_{{ upper $name }}_TOKEN_FILE}
{{- end }}{{ end }}
{{- end }}
{{- end }}
{{- include "wasl.registrySecrets" . }}
{{- if and (eq .role "gateway") $v.gateway.mllp.tls.enabled }}
{{- $name := required "gateway.mllp.tls: give existingSecret, or enable certManager" (include "wasl.mllpSecret" .root) }}
- {secret: {{ $name }}, key: tls.crt, file: mllp.crt, variable: WASL_MLLP_CERTIFICATE}
- {secret: {{ $name }}, key: tls.key, file: mllp.key, variable: WASL_MLLP_PRIVATE_KEY}
{{- with $v.gateway.mllp.tls.clientCa }}{{ if .existingSecret }}
- {secret: {{ .existingSecret }}, key: {{ .key }}, file: mllp-client-ca.crt, variable: WASL_MLLP_CLIENT_CA}
{{- end }}{{ end }}
{{- end }}
{{- end }}

{{/* Mediation asks, delivery asks again and follows the one upstream; for readers of /fhir and pages the client registry and
the population register are asked. */}}
{{- define "wasl.registrySecrets" -}}
{{- $v := .root.Values }}
{{- $asked := dict "mediation" (list "client" "facility" "healthWorker") "delivery" (list "client" "facility" "healthWorker" "upstream") "gateway" (list "client" "rnp") "console" (list "client" "rnp") }}
{{- $variables := include "wasl.registries" . | fromYaml }}
{{- range $name := get $asked .role | default list }}
{{- with (index $v.registries $name).token }}{{ if .existingSecret }}
- {secret: {{ .existingSecret }}, key: {{ .key }}, file: {{ kebabcase $name }}-registry-token, variable: WASL_REGISTRIES_{{ get $variables $name }}_TOKEN_FILE}
{{- end }}{{ end }}
{{- end }}
{{- if eq .role "delivery" }}
{{- with $v.registries.upstream.password }}{{ if .existingSecret }}
- {secret: {{ .existingSecret }}, key: {{ .key }}, file: upstream-registry-password, variable: WASL_REGISTRIES_UPSTREAM_PASSWORD_FILE}
{{- end }}{{ end }}
{{- end }}
{{- end }}

{{- define "wasl.busSecrets" -}}
{{- $v := .root.Values }}
{{- $security := include "wasl.busSecurity" . | fromYaml }}
{{- with $security.ca }}{{ if .existingSecret }}
- {secret: {{ .existingSecret }}, key: {{ .key }}, file: bus-ca.crt, variable: WASL_BUS_SECURITY_CA}
{{- end }}{{ end }}
{{- with $security.certificate }}{{ if .existingSecret }}
- {secret: {{ .existingSecret }}, key: {{ .key }}, file: bus.crt, variable: WASL_BUS_SECURITY_CERTIFICATE}
- {secret: {{ .existingSecret }}, key: {{ .privateKey }}, file: bus.key, variable: WASL_BUS_SECURITY_PRIVATE_KEY}
{{- end }}{{ end }}
{{- with $security.password }}{{ if .existingSecret }}
- {secret: {{ .existingSecret }}, key: {{ .key }}, file: bus-password, variable: WASL_BUS_SECURITY_PASSWORD_FILE}
{{- end }}{{ end }}
{{- with $security.oauth.clientSecret }}{{ if .existingSecret }}
- {secret: {{ .existingSecret }}, key: {{ .key }}, file: bus-client-secret, variable: WASL_BUS_SECURITY_CLIENT_SECRET_FILE}
{{- end }}{{ end }}
{{- with $v.bus.schemaRegistry.password }}{{ if .existingSecret }}
- {secret: {{ .existingSecret }}, key: {{ .key }}, file: schema-registry-password, variable: WASL_BUS_SCHEMA_REGISTRY_PASSWORD_FILE}
{{- end }}{{ end }}
{{- end }}

{{/* bus.security, or with Strimzi the same of the role's own KafkaUser, whose Secret has its name. */}}
{{- define "wasl.busSecurity" -}}
{{- $security := deepCopy .root.Values.bus.security }}
{{- if .root.Values.strimzi.enabled }}
{{- $user := printf "%s-%s" (include "wasl.fullname" .root) .role }}
{{- if eq .root.Values.strimzi.authentication "tls" }}
{{- $_ := set $security "certificate" (dict "existingSecret" $user "key" "user.crt" "privateKey" "user.key") }}
{{- else }}
{{- $_ := set $security "mechanism" "SCRAM-SHA-512" }}
{{- $_ := set $security "username" $user }}
{{- $_ := set $security "password" (dict "existingSecret" $user "key" "password") }}
{{- end }}
{{- end }}
{{- toYaml $security }}
{{- end }}

{{/* Changes when a Secret does, without telling anything about what it holds. Empty where nothing can be looked up. */}}
{{- define "wasl.secretVersions" -}}
{{- $root := .root }}
{{- $versions := dict }}
{{- range include "wasl.secrets" . | fromYamlArray }}
{{- with lookup "v1" "Secret" $root.Release.Namespace .secret }}
{{- $_ := set $versions .metadata.name .metadata.resourceVersion }}
{{- end }}
{{- end }}
{{- $versions | toJson | sha256sum | trunc 16 }}
{{- end }}
