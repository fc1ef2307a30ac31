/** What is generated and committed, and the script that makes it (with `--check`: that says whether it is fresh). */
export const generators: readonly { readonly what: string; readonly script: string }[] = [
  { what: 'CRDs', script: 'hack/generate-crds.ts' },
  { what: 'fast kernel', script: 'hack/build-wasm.ts' },
  { what: 'troubleshooting page', script: 'hack/generate-troubleshooting.ts' },
  { what: 'page', script: 'hack/generate-page.ts' },
  { what: 'chart', script: 'hack/generate-chart.ts' },
];
