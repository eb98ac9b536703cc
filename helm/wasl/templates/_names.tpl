{{/* Names and labels. Every template below takes the root, or (dict "root" $ "role" "gateway"). */}}

{{- define "wasl.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Short enough for what is added to it: -console, -migration, … */}}
{{- define "wasl.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 46 | trimSuffix "-" }}
{{- else if contains (include "wasl.name" .) .Release.Name }}
{{- .Release.Name | trunc 46 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "wasl.name" .) | trunc 46 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "wasl.selector" -}}
app.kubernetes.io/name: {{ include "wasl.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .role }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "wasl.labels" -}}
{{ include "wasl.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: wasl
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "wasl.image" -}}
{{- $image := .Values.image }}
{{- if $image.digest }}
{{- printf "%s@%s" $image.repository $image.digest }}
{{- else }}
{{- printf "%s:%s" $image.repository (default .Chart.AppVersion $image.tag) }}
{{- end }}
{{- end }}

{{- define "wasl.mllpSecret" -}}
{{- $tls := .Values.gateway.mllp.tls }}
{{- default (ternary (printf "%s-mllp" (include "wasl.fullname" .)) "" $tls.certManager.enabled) $tls.existingSecret }}
{{- end }}

{{/* The channels whose topics are known here, as YAML: those that ship, those of the values, those that are named. */}}
{{- define "wasl.channels" -}}
{{- $names := list }}
{{- if not .Values.channels.existingConfigMap }}
{{- if .Values.channels.shipped }}
{{- range $path, $_ := .Files.Glob "files/channels/*.yaml" }}
{{- $names = append $names (trimSuffix ".yaml" (base $path)) }}
{{- end }}
{{- end }}
{{- range $file, $_ := .Values.channels.files }}
{{- $names = append $names (trimSuffix ".yaml" $file) }}
{{- end }}
{{- end }}
{{- concat $names .Values.strimzi.channels | uniq | sortAlpha | toYaml }}
{{- end }}
