{{/* What every pod has in common: who it runs as, what it mounts, where it goes. Passes the "restricted" standard. */}}

{{- define "wasl.podCommon" -}}
{{- $v := .root.Values -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with $v.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $v.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "wasl.containerCommon" -}}
image: {{ include "wasl.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "wasl.volumes" -}}
# locks, and which record killed its reader: it outlives the container, and need not outlive the pod
- {name: data, emptyDir: {}}
- {name: tmp, emptyDir: {}}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range include "wasl.secrets" . | fromYamlArray }}
      - secret: {name: {{ .secret }}, items: [{key: {{ .key }}, path: {{ .file }}}]}
      {{- end }}
{{- if ne .role "migration" }}
- name: settings
  configMap: {name: {{ include "wasl.fullname" .root }}-settings}
{{- range $folder := list "channels" "mappings" "codes" "units" "profiles" }}
- name: {{ $folder }}
  configMap: {name: {{ default (printf "%s-%s" (include "wasl.fullname" $.root) $folder) (index $.root.Values $folder).existingConfigMap }}}
{{- end }}
{{- end }}
{{- with .root.Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "wasl.mounts" -}}
- {name: data, mountPath: /var/lib/wasl}
- {name: tmp, mountPath: /tmp}
- {name: secrets, mountPath: /run/secrets/wasl, readOnly: true}
{{- if ne .role "migration" }}
# subPath never changes under a running pod; nor need it, for a change rolls the pods
- {name: settings, mountPath: /etc/wasl/wasl.yaml, subPath: wasl.yaml, readOnly: true}
- {name: settings, mountPath: /etc/wasl/domains.yaml, subPath: domains.yaml, readOnly: true}
# whole folders, which the kubelet keeps up to date: the program reads them again
- {name: channels, mountPath: /etc/wasl/channels, readOnly: true}
- {name: mappings, mountPath: /etc/wasl/mappings, readOnly: true}
- {name: codes, mountPath: /etc/wasl/codes, readOnly: true}
- {name: units, mountPath: /etc/wasl/units, readOnly: true}
- {name: profiles, mountPath: /etc/wasl/profiles, readOnly: true}
{{- end }}
{{- with .root.Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Live: its loops turn. Ready: bus and database answer. Only the second asks about others, so that an outage of
theirs takes pods out of the Services and never kills them. */}}
{{- define "wasl.probes" -}}
{{- $port := ternary "http" "watch" (has .role (list "gateway" "console")) -}}
startupProbe:
  httpGet: {path: /healthz, port: {{ $port }}}
  periodSeconds: 3
  timeoutSeconds: 3
  failureThreshold: {{ max 1 (div .root.Values.startup 3) }}
livenessProbe:
  httpGet: {path: /healthz, port: {{ $port }}}
  periodSeconds: 15
  timeoutSeconds: 5
  failureThreshold: 4
readinessProbe:
  httpGet: {path: /readyz, port: {{ $port }}}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end }}

{{- define "wasl.ports" -}}
{{- if has .role (list "gateway" "console") -}}
- {name: http, containerPort: 8080}
{{- else -}}
- {name: watch, containerPort: 8081}
{{- end }}
{{- if eq .role "gateway" }}
{{- with .root.Values.gateway.mllp }}
- {name: mllp, containerPort: 2575}
{{- if .tls.enabled }}
- {name: mllp-tls, containerPort: 2576}
{{- end }}
{{- range .ports }}
- {name: mllp-{{ .name }}, containerPort: {{ .port }}}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
