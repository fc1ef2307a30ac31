{{/*
Helm asks the API server for the kind of every object before it creates the first one. So a release that brings the CRDs itself
cannot bring sources in its first revision; NOTES says to run the same command again.
*/}}
{{- define "spanferry.sourcesFit" -}}
{{- if or .Release.IsUpgrade (.Capabilities.APIVersions.Has "spanferry.io/v1alpha1") }}yes{{ end -}}
{{- end -}}
