import { expect, test } from 'vitest';
import { keyIn } from '../../../../src/cli/cluster/key.ts';
import { source } from '../../../support/cli/cluster.ts';

const below = (prefix: string) =>
  source('checkout-agents', { store: { s3: { bucket: 'acme-traces', prefix } } }, { location: `s3://acme-traces/${prefix}` });

test.each<[sentence: string, prefix: string, given: string, key: string]>([
  ['whole', 'agents/prod/', 'agents/prod/a.json', 'agents/prod/a.json'],
  ['as ls shows it', 'agents/prod/', '2026/a.json', 'agents/prod/2026/a.json'],
  ['as the URL of the object', 'agents/prod/', 's3://acme-traces/agents/prod/a.json', 'agents/prod/a.json'],
  ['of a source of the whole bucket', '', 'agents/a.json', 'agents/a.json'],
  ['as ls shows it where the prefix is the beginning of a name', 'agents/run-', 'run-1.json', 'agents/run-1.json'],
  ['or without that beginning', 'agents/run-', '1.json', 'agents/run-1.json'],
  ['or whole', 'agents/run-', 'agents/run-1.json', 'agents/run-1.json'],
])('a key may be given %s', (_sentence, prefix, given, key) => {
  expect(keyIn(below(prefix), given)).toBe(key);
});
