import { stringify } from 'yaml';
import { placeOf } from '../../stores/registry.ts';
import { cleanLines } from '../terminal/clean.ts';
import type { Made } from './source.ts';

/** The manifest with what a person wants to know around it: what it does, what must be there, what else could be said. */
export function manifestText({ manifest, source }: Pick<Made, 'manifest' | 'source'>): string {
  const { store, destination } = source.spec;
  const where = `${placeOf(store).location} to ${destination?.endpoint ?? "the operator's own collector"}`;
  const namespace = manifest.metadata.namespace === undefined ? '' : ` -n ${manifest.metadata.namespace}`;
  const secrets = secretsIn(source.spec).map(({ name, keys }) => {
    const literals = keys.map((key) => (/\.(json|crt|pem)$/.test(key) ? ` --from-file=${key}=…` : ` --from-literal=${key}=…`));
    return `kubectl create secret generic ${name}${namespace}${literals.join('')}`;
  });
  const lines = [
    `Ferries the trace files of ${where}.`,
    'Before it is applied: `spanferry preview -f FILE` shows what would match. Afterwards: `spanferry test` shows whether it can be read.',
    ...(secrets.length > 0 ? ['It needs, in the same namespace:', ...secrets.map((line) => `  ${line}`)] : []),
  ];
  return cleanLines(`${lines.map((line) => `# ${line}\n`).join('')}${stringify(manifest, { lineWidth: 0 })}${more(source.spec)}`);
}

/** What was not said and often is, with its defaults. */
function more({ scan, format, destination }: Made['source']['spec']): string {
  const unsaid = [
    ...(scan.extensions ? [] : ['extensions: [".json"]                # .json.gz and .json.zst as well; format Monocle adds .ndjson']),
    ...(scan.include.length > 0 ? [] : ['include: ["**/monocle_trace_*"]      # globs on the whole key']),
    ...(scan.modified ? [] : ['modified: {since: 7d}                # or {latest: 20}; everything where left out']),
  ];
  const lines = [
    ...(unsaid.length > 0 ? ['  # scan:', ...unsaid.map((line) => `  #   ${line}`)] : []),
    ...(format === 'Auto' ? ['  # format: Auto                         # or OTLP or Monocle, which fail files of another format'] : []),
    ...(destination ? [] : ['  # destination: {endpoint: "http://otel-collector:4318"}']),
  ];
  return lines.length === 0 ? '' : `  # More that can be said here (docs/spec/ingestionsource.md):\n${lines.join('\n')}\n`;
}

/** What goes into a Secret whose keys are fixed, or anybody's choice, by the field that names it. */
const fixedKeys: Readonly<Record<string, readonly string[]>> = {
  accessKeySecretRef: ['accessKeyId', 'secretAccessKey'],
  headersSecretRef: ['X-My-Header'],
  clientCertSecretRef: ['tls.crt', 'tls.key'],
};

type NamedSecret = { readonly name: string; readonly keys: readonly string[] };

/** Every Secret that a spec names, wherever it does, with the keys that are read of it. */
function secretsIn(spec: object): readonly NamedSecret[] {
  const found = new Map<string, string[]>();
  const look = (field: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (/secretRef$/i.test(field) && 'name' in value) {
      const keys = fixedKeys[field] ?? ('key' in value ? [String(value.key)] : []);
      found.set(String(value.name), [...(found.get(String(value.name)) ?? []), ...keys]);
    } else for (const [key, each] of Object.entries(value)) look(key, each);
  };
  look('', spec);
  return [...found].map(([name, keys]) => ({ name, keys }));
}
