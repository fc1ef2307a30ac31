{{/* The pod of a part. Takes {root, part}. */}}
{{- define "spanferry.pod" -}}
{{- $part := .part -}}
{{- $root := .root -}}
{{- $policyMap := include "spanferry.policyConfigMap" .root -}}
{{- with $root -}}
metadata:
  labels:
    {{- include "spanferry.labels" . | nindent 4 }}
    app.kubernetes.io/component: {{ $part.component }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: operator
    {{- if .Values.tenancy.policy }}
    # The policy is read when a replica starts: a new one starts new replicas.
    checksum/policy: {{ toYaml .Values.tenancy.policy | sha256sum }}
    {{- end }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "spanferry.serviceAccountName" . }}
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- if .Values.topologySpreadConstraints }}
    {{- toYaml .Values.topologySpreadConstraints | nindent 4 }}
    {{- else }}
    {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "spanferry.selectorLabels" $root | nindent 10 }}
          app.kubernetes.io/component: {{ $part.component }}
    {{- end }}
    {{- end }}
  containers:
    - name: operator
      image: {{ include "spanferry.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args:
        - operator
        - --role={{ $part.role }}
        {{- with .Values.namespaces }}
        - --namespaces={{ join "," . }}
        {{- end }}
        {{- with .Values.collector.endpoint }}
        - --collector-endpoint={{ . }}
        {{- end }}
        - --collector-compression={{ .Values.collector.compression }}
        {{- if .Values.collector.caSecretRef.name }}
        - --collector-ca-file=/etc/spanferry/collector/ca.crt
        {{- end }}
        {{- if $policyMap }}
        - --policy-file=/etc/spanferry/policy/policy.yaml
        {{- end }}
        - --api-writes-per-second={{ int .Values.operator.apiWritesPerSecond }}
        - --concurrency={{ int .Values.operator.concurrency }}
        - --memory-budget-mb={{ int .Values.operator.memoryBudgetMb }}
        - --threads={{ int .Values.operator.threads }}
        - --max-batch-bytes={{ int .Values.operator.maxBatchBytes }}
        - --max-expansion-ratio={{ int .Values.operator.maxExpansionRatio }}
        - --listen=:8080
        - --log-level={{ .Values.operator.logLevel }}
        - --drain={{ .Values.operator.drain }}
        {{- with .Values.extraArgs }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      env:
        - name: SPANFERRY_NAME
          valueFrom: { fieldRef: { fieldPath: metadata.name } }
        - name: SPANFERRY_NAMESPACE
          valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
        {{- with .Values.collector.tokenSecretRef }}
        {{- if .name }}
        - name: OTEL_COLLECTOR_AUTH_TOKEN
          valueFrom: { secretKeyRef: { name: {{ .name | quote }}, key: {{ .key | quote }} } }
        {{- end }}
        {{- end }}
        {{- with .Values.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.envFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - { name: http, containerPort: 8080, protocol: TCP }
      startupProbe:
        httpGet: { path: /healthz, port: http }
        periodSeconds: 2
        failureThreshold: 30
      livenessProbe:
        httpGet: { path: /healthz, port: http }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: http }
        periodSeconds: 5
      resources:
        {{- toYaml $part.resources | nindent 8 }}
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      volumeMounts:
        - { name: tmp, mountPath: /tmp }
        {{- if .Values.collector.caSecretRef.name }}
        - { name: collector-ca, mountPath: /etc/spanferry/collector, readOnly: true }
        {{- end }}
        {{- if $policyMap }}
        - { name: policy, mountPath: /etc/spanferry/policy, readOnly: true }
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: { sizeLimit: 1Gi }
    {{- with .Values.collector.caSecretRef }}
    {{- if .name }}
    - name: collector-ca
      secret:
        secretName: {{ .name | quote }}
        items: [{ key: {{ .key | quote }}, path: ca.crt }]
    {{- end }}
    {{- end }}
    {{- if $policyMap }}
    - name: policy
      configMap: { name: {{ $policyMap | quote }} }
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
{{- end -}}
