import { describe, expect, test } from 'vitest';
import { keyMatcher, type Mismatch } from '../../../src/api/match.ts';
import { parseSource } from '../../../src/api/parse.ts';

const matcher = (scan: object, more: object = {}) => {
  const parsed = parseSource({
    apiVersion: 'spanferry.io/v1alpha1',
    kind: 'IngestionSource',
    metadata: { name: 'agents' },
    spec: { store: { s3: { bucket: 'acme-traces', prefix: 'agents/', region: 'us-east-1' } }, scan, ...more },
  });
  if (!parsed.ok) throw new Error(parsed.failure.message);
  return keyMatcher(parsed.value.spec);
};

const cases: readonly [sentence: string, scan: object, key: string, expected: Mismatch | undefined, more?: object][] = [
  ['takes .json by default', {}, 'agents/a.json', undefined],
  ['takes .json that was compressed', {}, 'agents/a.json.gz', undefined],
  ['takes .json in zstd too', {}, 'agents/a.json.zst', undefined],
  ['leaves .ndjson alone by default', {}, 'agents/a.ndjson', 'extension'],
  ['takes .ndjson with format Monocle', {}, 'agents/a.ndjson', undefined, { format: 'Monocle' }],
  ['takes only the extensions that are named', { extensions: ['.binpb'] }, 'agents/a.json', 'extension'],
  ['takes every key where the list is empty', { extensions: [] }, 'agents/no-extension', undefined],
  ['stays below its prefix', {}, 'other/a.json', 'prefix'],
  ['finds Monocle files at any depth', { include: ['**/monocle_trace_*'] }, 'agents/2026/11/monocle_trace_x.json', undefined],
  ['and right below the prefix', { include: ['**/monocle_trace_*'] }, 'agents/monocle_trace_x.json', undefined],
  ['leaves the others alone', { include: ['**/monocle_trace_*'] }, 'agents/other.json', 'include'],
  ['lets exclude win over include', { include: ['**'], exclude: ['**/tmp/**'] }, 'agents/tmp/a.json', 'exclude'],
  ['sees dot files', { include: ['**/*.json'] }, 'agents/.hidden/.a.json', undefined],
];

describe('a source', () => {
  test.each(cases)('%s', (_sentence, scan, key, expected, more) => {
    expect(matcher(scan, more)(key)).toBe(expected);
  });
});
