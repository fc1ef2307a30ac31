import { describe, expect, test } from 'vitest';
import { parseSource } from '../../../src/api/parse.ts';
import { patterns } from '../../../src/operator/pattern.ts';
import { parsePolicy } from '../../../src/operator/policy.ts';

type Case = readonly [pattern: string, name: string, fits: boolean];

const role = (path: string, account = '123456789012') => `arn:aws:iam::${account}:role/${path}`;

describe('a pattern of the policy', () => {
  test.each<Case>([
    ['s3://acme-traces', 's3://acme-traces', true],
    ['s3://acme-*', 's3://acme-traces', true],
    ['s3://acme-*', 's3://acme-traces.eu.prod', true],
    ['s3://acme-*', 's3://globex-traces', false],
    ['s3://acme-*', 's3://x-acme-traces', false],
    ['s3://acme-*', 'gs://acme-traces', false],
    ['acme-*', 's3://acme-traces', true],
    ['acme-*', 'gs://acme-traces', true],
    ['acme-*', 'azblob://acme-eu/traces', true],
    ['*', 's3://anything', true],
    ['s3://acme-?', 's3://acme-a', true],
    ['s3://acme-?', 's3://acme-ab', false],
    ['s3://acme-traces/', 's3://acme-traces', true],
    ['s3://acme-traces/**', 's3://acme-traces', true],
    ['s3://acme.traces', 's3://acmextraces', false],
    ['azblob://acme', 'azblob://acme/traces', true],
    ['azblob://acme/traces-*', 'azblob://acme/traces-eu', true],
    ['azblob://acme/traces-*', 'azblob://acme/secrets', false],
    ['azblob://*', 'azblob://acme/traces', true],
    ['azblob://acme*', 'azblob://evil/acme', false],
  ])('of buckets: %s and %s: %s', (pattern, name, fits) => expect(patterns.bucket(pattern)(name)).toBe(fits));

  test.each<Case>([
    [role('ml-*'), role('ml-reader'), true],
    [role('ml-*'), role('ml-team/reader'), true],
    [role('ml-*'), role('admin'), false],
    [role('*', '*'), role('reader', '210987654321'), true],
    [role('reader', '*'), role('reader', '1:role/x:y'), false],
    ['*', role('reader'), true],
  ])('of roles: %s and %s: %s', (pattern, name, fits) => expect(patterns.role(pattern)(name)).toBe(fits));

  test.each<Case>([
    ['http://otel.*', 'http://otel.ml-platform:4318/v1/traces', true],
    ['http://otel.*', 'http://otel.ml-platform.svc.cluster.local:4318/team-a/v1/traces', true],
    ['http://otel.*', 'https://otel.ml-platform:4318/v1/traces', false],
    ['otel.*', 'https://otel.ml-platform:4318/v1/traces', true],
    ['http://otel.*:4318', 'http://otel.ml-platform:4318/v1/traces', true],
    ['http://otel.*:4318', 'http://otel.ml-platform:8080/v1/traces', false],
    ['https://otel.acme.internal:443', 'https://otel.acme.internal/v1/traces', true],
    ['https://OTEL.acme.internal', 'https://otel.acme.internal/v1/traces', true],
    ['http://collector:4318/acme', 'http://collector:4318/acme/v1/traces', true],
    ['http://collector:4318/acme/**', 'http://collector:4318/acme/otlp/v1/traces', true],
    ['http://collector:4318/acme', 'http://collector:4318/acme-evil/v1/traces', false],
    ['http://collector:4318/acme', 'http://collector:4318/globex/v1/traces', false],
    ['https://*.acme.internal', 'https://evil.example/x.acme.internal/v1/traces', false],
    ['https://*.acme.internal', 'https://evil.example:443/.acme.internal', false],
    ['https://*.acme.internal', 'https://otel.eu.acme.internal/v1/traces', true],
    ['http://[fd00::1]:4318', 'http://[fd00::1]:4318/v1/traces', true],
    ['http://[fd00::1]', 'http://[fd00::2]:4318/v1/traces', false],
  ])('of destinations: %s and %s: %s', (pattern, name, fits) => expect(patterns.destination(pattern)(name)).toBe(fits));

  test.each([
    ['bucket', 's3://acme-traces/agents/', /names a prefix, but a policy allows whole buckets: write s3:\/\/acme-traces$/],
    ['bucket', 'ftp://acme', /"ftp:\/\/acme" could never fit: there is no ftp:\/\/ here, but s3:\/\/, gs:\/\//],
    ['destination', 'ftp://collector', /there is no ftp:\/\/ here, but http:\/\/, https:\/\/$/],
    ['bucket', 'acme-{a,b}', /has \{, but only \* and \? are wildcards/],
    ['role', 'role/ml-*', /is no ARN of a role/],
    ['destination', 'http://user:secret@otel:4318', /is no pattern of a destination/],
    ['destination', 'http://otel[12]:4318', /has \[, but only/],
  ] as const)('of a %s that could never fit is a mistake: %s', (kind, pattern, sentence) => {
    expect(() => patterns[kind](pattern)).toThrow(sentence);
  });
});

describe('the policy', () => {
  const specWith = (store: object, more: object = {}) => {
    const manifest = { apiVersion: 'spanferry.io/v1alpha1', kind: 'IngestionSource', metadata: { name: 'a' }, spec: { store, ...more } };
    const parsed = parseSource(manifest);
    if (!parsed.ok) throw new Error(parsed.failure.message);
    return parsed.value.spec;
  };
  const s3 = { bucket: 'acme-traces', prefix: 'agents/', region: 'us-east-1' };
  const azureBlob = { endpoint: 'https://acme.blob.core.usgovcloudapi.net', container: 'traces', prefix: 'agents/' };
  const ownKey = { type: 'AccountKey', secretRef: { name: 'acme' } };
  const identityRefused = 'the policy does not let this namespace read with the identity of the operator: name a Secret in spec.store';
  const to = (endpoint: string) => specWith({ s3 }, { destination: { endpoint } });
  const messageOf = (rules: object, spec: ReturnType<typeof specWith>) =>
    parsePolicy(JSON.stringify({ namespaces: { 'team-a': rules } })).refusal('team-a', spec)?.message;

  test('knows no namespace by chance of its name', () => {
    const policy = parsePolicy('namespaces: {team-a: {}}');
    expect(policy.refusal('constructor', specWith({ s3 }))).toMatchObject({ reason: 'NotAllowed' });
    expect(policy.operatorIdentity('constructor')).toBe(false);
    expect(policy.refusal('team-a', specWith({ s3 }))).toBeUndefined();
  });

  test.each([
    ['a bucket, whatever its prefix', { buckets: ['acme-*'] }, specWith({ s3 }), undefined],
    ['no bucket at all', { buckets: [] }, specWith({ s3 }), 's3://acme-traces is not among the buckets that the policy allows: none'],
    ['an account by its endpoint', { buckets: ['azblob://acme.blob.*/traces'] }, specWith({ azureBlob }), undefined],
    [
      'a destination by the URL that is called',
      { destinations: ['http://otel.*'] },
      to('http://evil:4318'),
      'http://evil:4318/v1/traces is not among the destinations that the policy allows: http://otel.*',
    ],
    ['the collector of the operator', { destinations: [] }, specWith({ s3 }), undefined],
    ['an identity of the operator, at a cloud', { operatorIdentity: false }, specWith({ s3 }), identityRefused],
    ['the same at a platform', { operatorIdentity: false }, specWith({ cloudTrace: { project: 'acme-prod' } }), identityRefused],
    ['a Secret of its own', { operatorIdentity: false }, specWith({ azureBlob: { ...azureBlob, auth: ownKey } }), undefined],
    [
      'a project of a platform, whatever its service',
      { buckets: ['cloudtrace://acme-*'] },
      specWith({ cloudTrace: { project: 'acme-prod', service: 'checkout' } }),
      undefined,
    ],
  ])('judges %s', (_what, rules, spec, message) => expect(messageOf(rules, spec)).toBe(message));

  test.each([
    [
      'a namespace that cannot be',
      'namespaces: {Bad_NS: {}}',
      'the policy file is wrong at namespaces.Bad_NS: no namespace has such a name: write a-z, 0-9 and -, 63 at most, or "*" for all others',
    ],
    ['rules that are none', 'namespaces: []', 'the policy file is wrong at namespaces: write the rules of each namespace below its name'],
    [
      'a store that is none',
      'namespaces: {"*": {buckets: ["ftp://x"]}}',
      /^the policy file is wrong at namespaces\.\*\.buckets\.0: "ftp:\/\/x" could never fit/,
    ],
    ['what is no YAML', 'namespaces: {', /^the policy file is no YAML: /],
  ])('refuses %s', (_what, text, sentence) => expect(() => parsePolicy(text)).toThrow(sentence));
});
