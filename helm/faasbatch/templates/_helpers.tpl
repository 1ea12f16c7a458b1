{{/* Names are those of lib/cluster/names.h: operator, agents and command line find one another by them. */}}

{{- define "faasbatch.image" -}}
{{- $v := .root.Values.image -}}
{{- if $v.registry }}{{ $v.registry }}/{{ end }}{{ $v.repository }}/{{ .name }}:{{ $v.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "faasbatch.labels" -}}
app.kubernetes.io/name: faasbatch
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: faasbatch
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "faasbatch.selector" -}}
app.kubernetes.io/name: faasbatch
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "faasbatch.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "faasbatch.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* Not empty where the node's Redis keeps its data over a replacement of the agent's pod. */ -}}
{{- define "faasbatch.redisSnapshot" -}}
{{- if and .Values.stores.redis.enabled .Values.stores.redis.snapshot (eq .Values.agent.persistence.mode "HostPath") }}true{{ end }}
{{- end }}

{{- define "faasbatch.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The CouchDB URL's Secret: an external one's, or the chart's own. */}}
{{- define "faasbatch.couchdbSecret" -}}
{{- with .Values.stores.couchdb.external.secretName }}{{ . }}{{ else }}faasbatch-couchdb{{ end }}
{{- end }}
{{- define "faasbatch.couchdbOwn" -}}
{{- if and .Values.stores.couchdb.enabled (not .Values.stores.couchdb.external.secretName) }}true{{ end }}
{{- end }}
{{- define "faasbatch.couchdbAny" -}}
{{- if or .Values.stores.couchdb.enabled .Values.stores.couchdb.external.secretName }}true{{ end }}
{{- end }}

{{/* A password that is made once and kept: what the cluster has already, else a new one. */}}
{{- define "faasbatch.kept" -}}
{{- $found := lookup "v1" "Secret" .root.Release.Namespace .secret -}}
{{- if and $found (index $found.data .key) }}{{ index $found.data .key | b64dec }}{{ else }}{{ randAlphaNum 48 }}{{ end }}
{{- end }}

{{/* To DNS and the API server, whose address nobody knows. */}}
{{- define "faasbatch.egressToApiServer" -}}
- ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
- ports:
  {{- range .Values.networkPolicy.apiServerPorts }}
  - {port: {{ . }}, protocol: TCP}
  {{- end }}
{{- end }}
