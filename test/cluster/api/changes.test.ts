import { beforeAll, describe, expect, test } from 'vitest';
import { fileSpec, ledgerSpec, objectOf, type Row } from '../../support/api/manifests.ts';
import { kubectlOk, list, verdicts } from '../../support/kubectl.ts';

type Change = {
  readonly title: string;
  readonly kind: Row['kind'];
  readonly from: unknown;
  readonly to: unknown;
  /** Part of the sentence where it is refused. */
  readonly says?: string;
};

const s3 = (more: object = {}, rest: object = {}) => ({ store: { s3: { bucket: 'acme-traces', ...more } }, ...rest });
const gcs = (more: object = {}) => ({ store: { gcs: { bucket: 'acme-traces', ...more } } });
const xray = (more: object = {}) => ({ store: { xray: { region: 'us-east-1', ...more } } });
const datadogKeys = { apiKeySecretRef: { name: 'keys' }, appKeySecretRef: { name: 'keys' } };
const datadog = (more: object = {}) => ({ store: { datadog: { ...datadogKeys, ...more } } });
const azure = (more: object) => ({ store: { azureBlob: { container: 'traces', ...more } } });

const source = (title: string, from: unknown, to: unknown, says?: string): Change => ({
  title,
  kind: 'IngestionSource',
  from,
  to,
  ...(says === undefined ? {} : { says }),
});
const record = (title: string, from: object, to: object, says?: string): Change => ({
  ...source(title, { ...fileSpec, ...from }, { ...fileSpec, ...to }, says),
  kind: 'IngestionFile',
});
const segment = (title: string, to: object, says?: string): Change => ({
  ...source(title, ledgerSpec, { ...ledgerSpec, ...to }, says),
  kind: 'IngestionLedger',
});

const { worker: _worker, ...unbound } = fileSpec;
const frozen = 'the spec of a record cannot change but for worker';

const changes: readonly Change[] = [
  source('another kind of store', s3(), gcs(), 'the kind of store cannot change'),
  source('another bucket', s3(), s3({ bucket: 'other-traces' }), 'bucket cannot change: make another IngestionSource'),
  source('another endpoint', s3({ endpoint: 'https://a' }), s3({ endpoint: 'https://b' }), 'endpoint cannot change'),
  source('an endpoint where there was none', s3(), s3({ endpoint: 'https://a' }), 'endpoint cannot change'),
  source('no endpoint any more', s3({ endpoint: 'https://a' }), s3(), 'endpoint cannot change'),
  source('another bucket of Google', gcs(), gcs({ bucket: 'other-traces' }), 'bucket cannot change'),
  source('another endpoint of Google', gcs(), gcs({ endpoint: 'https://storage.s3nsapis.fr' }), 'endpoint cannot change'),
  source('another service of a platform', datadog({ service: 'a' }), datadog({ service: 'b' }), 'service cannot change'),
  source('another region of X-Ray', xray(), xray({ region: 'eu-west-1' }), 'region cannot change'),
  source('another container', azure({ account: 'acme' }), azure({ account: 'acme', container: 'other' }), 'container cannot change'),
  source('another account', azure({ account: 'acme' }), azure({ account: 'other' }), 'account cannot change'),
  source(
    'an endpoint for an account',
    azure({ account: 'acme' }),
    azure({ endpoint: 'https://acme.blob.core.windows.net' }),
    'account cannot',
  ),
  source('another prefix and region', s3({ prefix: 'a/', region: 'us-east-1' }), s3({ prefix: 'b/', region: 'eu-west-1' })),
  source('another credential', s3(), s3({ auth: { type: 'AccessKey', accessKeySecretRef: { name: 'keys' } } })),
  source(
    'everything that may change at once',
    s3({}, { suspend: true }),
    s3({}, { format: 'OTLP', scan: { interval: '5m', modified: { since: '1d' } } }),
  ),
  record('another worker', {}, { worker: 'spanferry-7d9c-aaaaa-01' }),
  { ...record('a first worker', {}, {}), from: unbound },
  { ...record('no worker any more', {}, {}, 'worker may change but not be removed'), to: unbound },
  record('another key', {}, { key: 'agents/prod/run-8.json' }, frozen),
  record('another version', {}, { version: '"0"' }, frozen),
  record('another size', {}, { size: 1 }, frozen),
  record('another time', {}, { modifiedTime: '2026-11-20T09:58:13Z' }, frozen),
  record('another source', {}, { sourceRef: { name: 'other' } }, frozen),
  record('another worker and another key', {}, { worker: 'other', key: 'b' }, frozen),
  segment('a segment that grows', { sequence: 8, entries: 3, data: 'AAEC' }),
  segment('another number', { number: 2 }, 'a segment keeps its source and its number'),
  segment('another source', { sourceRef: { name: 'other' } }, 'a segment keeps its source and its number'),
];

const named = changes.map((change, index) => ({ ...change, name: `change-${index}` }));
const namespace = 'api-changes';
let said: ReadonlyMap<string, string | undefined>;

beforeAll(async () => {
  await kubectlOk(['create', 'namespace', namespace]);
  const as = (which: 'from' | 'to') => named.map((change) => objectOf({ ...change, spec: change[which] }, change.name));
  await kubectlOk(['-n', namespace, 'create', '-f', '-'], list(as('from')));
  said = await verdicts(['-n', namespace, 'replace'], as('to'));
});

describe('an edit in place is taken:', () => {
  test.each(named.filter((change) => change.says === undefined))('$kind: $title', ({ name }) => {
    expect(said.get(name)).toBeUndefined();
  });
});

describe('an edit in place is refused:', () => {
  test.each(named.filter((change) => change.says !== undefined))('$kind: $title', ({ name, says }) => {
    expect(said.get(name)).toContain(says);
  });
});
