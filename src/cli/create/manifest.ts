import { stringify } from 'yaml';
import { platformOf } from '../../api/store.ts';
import { cleanLines } from '../terminal/clean.ts';
import { secretsIn } from './secrets.ts';
import type { Made } from './source.ts';

/** The manifest with what a person wants to know around it: what it does, what must be there, what else could be said. */
export function manifestText(url: string, { manifest, source }: Made): string {
  const { destination } = source.spec;
  const where = `${url} to ${destination?.endpoint ?? "the operator's own collector"}`;
  const namespace = manifest.metadata.namespace === undefined ? '' : ` -n ${manifest.metadata.namespace}`;
  const secrets = secretsIn(source.spec).map(({ name, keys }) => {
    const literals = keys.map((key) => (/\.(json|crt|pem)$/.test(key) ? ` --from-file=${key}=…` : ` --from-literal=${key}=…`));
    return `kubectl create secret generic ${name}${namespace}${literals.join('')}`;
  });
  const lines = [
    `Ferries the ${platformOf(source.spec.store) ? 'traces' : 'trace files'} of ${where}.`,
    'Before it is applied: `spanferry preview -f FILE` shows what would match. Afterwards: `spanferry test` shows whether it can be read.',
    ...(secrets.length > 0 ? ['It needs, in the same namespace:', ...secrets.map((line) => `  ${line}`)] : []),
  ];
  return cleanLines(`${lines.map((line) => `# ${line}\n`).join('')}${stringify(manifest, { lineWidth: 0 })}${more(source.spec)}`);
}

/** What was not said and often is, with its defaults. */
function more({ store, scan, format, destination }: Made['source']['spec']): string {
  const isPlatform = platformOf(store) !== undefined;
  const unsaid = [
    ...(scan.extensions || isPlatform
      ? []
      : ['extensions: [".json"]                # .json.gz and .json.zst as well; format Monocle adds .ndjson']),
    ...(scan.include.length > 0 || isPlatform ? [] : ['include: ["**/monocle_trace_*"]      # globs on the whole key']),
    ...(scan.modified || isPlatform ? [] : ['modified: {since: 7d}                # or {latest: 20}; everything where left out']),
  ];
  const lines = [
    ...(unsaid.length > 0 ? ['  # scan:', ...unsaid.map((line) => `  #   ${line}`)] : []),
    ...(isPlatform ? ['  #   store: lookback, settle and overlap: which slices of time, and when (docs/platforms.md)'] : []),
    ...(format === 'Auto' && !isPlatform
      ? ['  # format: Auto                         # or OTLP or Monocle, which fail files of another format']
      : []),
    ...(destination ? [] : ['  # destination: {endpoint: "http://otel-collector:4318"}']),
  ];
  return lines.length === 0 ? '' : `  # More that can be said here (docs/spec/ingestionsource.md):\n${lines.join('\n')}\n`;
}
