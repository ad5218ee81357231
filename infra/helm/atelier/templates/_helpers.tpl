{{- define "atelier.labels" -}}
app.kubernetes.io/name: atelier
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* What a pod is found by. Takes a dictionary of root and component. */}}
{{- define "atelier.selector" -}}
app.kubernetes.io/name: atelier
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* The pod's own security: the "restricted" standard. Takes a user id. */}}
{{- define "atelier.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "atelier.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "atelier.environment" -}}
- configMapRef: { name: {{ .Release.Name }}-settings }
- secretRef: { name: {{ .Values.secretName }} }
{{- end }}

{{- define "atelier.mounts" -}}
- { name: models, mountPath: /models, readOnly: true }
- { name: tmp, mountPath: /tmp }
{{- end }}

{{- define "atelier.volumes" -}}
{{- if not .Values.models.volume }}{{ fail "models.volume must say which volume has the model folders" }}{{ end }}
- name: models
  {{- toYaml .Values.models.volume | nindent 2 }}
{{- end }}
