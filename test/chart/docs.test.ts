import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { SourceSpec } from '../../src/api/ingestionsource.ts';
import { parseSource } from '../../src/api/parse.ts';
import { parsePolicy } from '../../src/operator/policy.ts';
import { helmProgram, render, type Values } from '../support/helm.ts';
import { kubectl, kubectlOk } from '../support/kubectl.ts';

const pages = ['docs/getting-started.md', 'docs/operations.md', 'docs/security.md'];
const texts = await Promise.all(pages.map(async (page) => [page, await readFile(page, 'utf8')] as const));
const blocks = texts.flatMap(([page, text]) =>
  [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, yaml = ''], index) => [`block ${index + 1} of ${page}`, yaml] as const),
);
const values = blocks.filter(([, yaml]) => yaml.startsWith('# values.yaml\n'));
const objects = blocks.filter(([, yaml]) => yaml.startsWith('apiVersion:'));

const specOf = (spec: object): SourceSpec => {
  const parsed = parseSource({ apiVersion: 'spanferry.io/v1alpha1', kind: 'IngestionSource', metadata: { name: 'a' }, spec });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  return parsed.value.spec;
};

describe('what the docs show', () => {
  beforeAll(async () => {
    const made = await kubectl(['create', 'namespace', 'ml-platform']);
    if (made.code !== 0 && !made.err.includes('AlreadyExists')) throw new Error(made.err);
  });

  test('is either an object or values', () => {
    expect(values.length + objects.length).toBe(blocks.length);
    expect(objects.length).toBeGreaterThan(1);
  });

  test.each(objects)('%s is taken by a real API server', async (_where, yaml) => {
    expect(await kubectlOk(['apply', '--server-side', '--dry-run=server', '-f', '-'], yaml)).toContain('serverside-applied');
  });

  test.skipIf(!helmProgram).each(values)('%s is taken by the chart', async (_where, yaml) => {
    expect((await render(parse(yaml) as Values)).length).toBeGreaterThan(5);
  });

  test('a list that is left out allows everything, an empty one nothing, and who is not named falls under "*"', () => {
    const s3 = (bucket: string, auth: object = {}) => specOf({ store: { s3: { bucket, auth } } });
    const withKey = { type: 'AccessKey', accessKeySecretRef: { name: 'keys' } };
    const policy = parsePolicy(
      JSON.stringify({ namespaces: { ml: {}, none: { buckets: [] }, '*': { buckets: ['s3://shared'], operatorIdentity: false } } }),
    );
    expect(policy.refusal('ml', s3('any-bucket'))).toBeUndefined();
    expect(policy.refusal('none', s3('any-bucket'))).toMatchObject({ reason: 'NotAllowed' });
    expect(policy.refusal('other', s3('shared'))).toMatchObject({ reason: 'NotAllowed' });
    expect(policy.refusal('other', s3('shared', withKey))).toBeUndefined();
    expect(parsePolicy('namespaces: {}').refusal('ml', s3('any-bucket'))).toMatchObject({ reason: 'NotAllowed' });
  });
});
