{{- define "spanferry.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "spanferry.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The pod of helm test, which is none of the operator's. */}}
{{- define "spanferry.testLabels" -}}
app.kubernetes.io/name: {{ include "spanferry.fullname" . }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "spanferry.labels" -}}
{{ include "spanferry.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: spanferry
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "spanferry.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "spanferry.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The operator as the API server knows it. */}}
{{- define "spanferry.username" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "spanferry.serviceAccountName" . }}
{{- end -}}

{{/* Objects without a namespace carry that of the release in their name, so that two releases do not meet. */}}
{{- define "spanferry.clusterName" -}}
{{- if eq .Release.Namespace (include "spanferry.fullname" .) -}}
{{- include "spanferry.fullname" . -}}
{{- else -}}
{{- printf "%s-%s" (include "spanferry.fullname" .) .Release.Namespace | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "spanferry.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "spanferry.policyConfigMap" -}}
{{- if .Values.tenancy.existingConfigMap -}}
{{- .Values.tenancy.existingConfigMap -}}
{{- else if .Values.tenancy.policy -}}
{{- include "spanferry.fullname" . }}-policy
{{- end -}}
{{- end -}}

{{/* The parts of an installation, as JSON: what each is called, what it does, how many, with what. */}}
{{- define "spanferry.parts" -}}
{{- $name := include "spanferry.fullname" . -}}
{{- if eq .Values.roles "split" -}}
{{- list
  (dict "name" (printf "%s-manager" $name) "component" "manager" "role" "manager" "replicas" .Values.manager.replicas "resources" .Values.manager.resources)
  (dict "name" (printf "%s-worker" $name) "component" "worker" "role" "worker" "replicas" .Values.worker.replicas "resources" .Values.resources)
  | toJson -}}
{{- else -}}
{{- list (dict "name" $name "component" "operator" "role" "all" "replicas" .Values.replicas "resources" .Values.resources) | toJson -}}
{{- end -}}
{{- end -}}

{{/* Of an admission policy: the namespaces that this operator looks after, where not all. */}}
{{- define "spanferry.namespaceSelector" -}}
{{- with .Values.namespaces -}}
# Other namespaces may have an operator of their own.
namespaceSelector:
  matchExpressions:
    - key: kubernetes.io/metadata.name
      operator: In
      values:
        {{- toYaml . | nindent 8 }}
{{- end }}
{{- end -}}
