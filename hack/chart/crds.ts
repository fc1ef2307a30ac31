/** What the chart says around a CRD: whether it is installed, and whether it stays. */
const HEAD = `  labels:
    {{- include "spanferry.labels" . | nindent 4 }}
  {{- if or .Values.crds.keep .Values.crds.annotations }}
  annotations:
    {{- if .Values.crds.keep }}
    helm.sh/resource-policy: keep
    {{- end }}
    {{- with .Values.crds.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
`;

/** A CRD of crds/ as a template of the chart. Helm neither upgrades nor deletes what lies in a chart's own crds/. */
export function crdTemplate(crd: string): string {
  const body = crd.replaceAll('{{', '{{ "{{" }}').replace(/^metadata:\n {2}name: .*\n/m, (metadata) => metadata + HEAD);
  return `{{- if .Values.crds.enabled }}\n${body}{{- end }}\n`;
}
