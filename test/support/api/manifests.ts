/**
 * What the API takes and what it refuses, as one table. The cluster suite asks the real API server, the unit suite asks the parse
 * at the edge: both must agree, row by row.
 */
export type Row = {
  /** What a person did. */
  readonly title: string;
  readonly kind: 'IngestionSource' | 'IngestionFile' | 'IngestionLedger';
  readonly spec: unknown;
  /** Absent where it is taken. */
  readonly refused?: Refusal;
};

type Refusal = {
  /** The field that the API server names. */
  readonly at: string;
  /** Part of its sentence. */
  readonly says: string;
  /** By the schema (a type, an enum, a maximum), where API server and parse have words of their own; else by a rule, with the same words. */
  readonly by?: 'schema';
};

type Members = Readonly<Record<string, unknown>>;

const s3 = (more: Members = {}, rest: Members = {}): Members => ({ store: { s3: { bucket: 'acme-traces', ...more } }, ...rest });
const s3Auth = (auth: unknown): Members => s3({ auth });
const gcs = (more: Members = {}): Members => ({ store: { gcs: { bucket: 'acme-traces', ...more } } });
const azure = (more: Members = {}): Members => ({ store: { azureBlob: { account: 'acmetraces', container: 'traces', ...more } } });
const azureAt = (endpoint: string, more: Members = {}): Members => ({ store: { azureBlob: { endpoint, container: 'traces', ...more } } });
const scan = (more: Members): Members => s3({}, { scan: more });
const destination = (more: Members): Members => s3({}, { destination: { endpoint: 'http://collector:4318', ...more } });

const taken = (title: string, spec: unknown): Row => ({ title, kind: 'IngestionSource', spec });
const refused = (title: string, spec: unknown, at: string, says: string): Row => ({
  title,
  kind: 'IngestionSource',
  spec,
  refused: { at, says },
});
const bySchema = (title: string, spec: unknown, at: string, says: string): Row => ({
  title,
  kind: 'IngestionSource',
  spec,
  refused: { at, says, by: 'schema' },
});

const secret = { name: 'keys' };
const role = 'arn:aws:iam::123456789012:role/trace-reader';
const exactlyOne = 'name exactly one store: s3, gcs, azureBlob';
const xray = (more: Members = {}): Members => ({ store: { xray: { region: 'us-east-1', ...more } } });
const azureMonitor = (more: Members = {}): Members => ({
  store: { azureMonitor: { workspaceId: '11111111-2222-3333-4444-555555555555', ...more } },
});
const cloudTrace = (more: Members = {}): Members => ({ store: { cloudTrace: { project: 'acme-prod-4711', ...more } } });
const datadogKeys = { apiKeySecretRef: secret, appKeySecretRef: secret };
const datadog = (more: Members = {}, rest: Members = {}): Members => ({ store: { datadog: { ...datadogKeys, ...more } }, ...rest });
const urlForm = 'an endpoint is an http:// or https:// URL without user, query and fragment';
const durationForm = 'write a duration as one number and one unit, such as 90s, 15m, 12h or 7d';

const platforms: readonly Row[] = [
  taken('a region of X-Ray', xray()),
  taken('a filter of X-Ray', xray({ service: 'checkout-agents', filter: 'responsetime > 5' })),
  bySchema('X-Ray without a region', { store: { xray: {} } }, 'spec.store.xray.region', 'Required value'),
  refused('keys of X-Ray without their Secret', xray({ auth: { type: 'AccessKey' } }), 'spec.store.xray.auth', 'needs accessKeySecretRef'),
  taken('a workspace of Azure', azureMonitor()),
  refused('a workspace by its name', azureMonitor({ workspaceId: 'acme-logs' }), 'spec.store.azureMonitor.workspaceId', 'a GUID'),
  refused(
    'a token of Azure for a foreign host',
    azureMonitor({ endpoint: 'https://logs.example' }),
    'spec.store.azureMonitor.endpoint',
    "a token of Azure goes only to Azure's own hosts",
  ),
  taken('the query host of a sovereign cloud', azureMonitor({ endpoint: 'https://api.loganalytics.us' })),
  taken('a project of Google', cloudTrace()),
  taken('a project of a domain', cloudTrace({ project: 'example.com:acme-prod' })),
  refused(
    'a project by its number',
    cloudTrace({ project: '123456789012' }),
    'spec.store.cloudTrace.project',
    'a project is named by its id',
  ),
  bySchema('no project', { store: { cloudTrace: {} } }, 'spec.store.cloudTrace.project', 'Required value'),
  refused(
    'a token of Google for a foreign host',
    cloudTrace({ endpoint: 'https://traces.example' }),
    'spec.store.cloudTrace.endpoint',
    "a token of Google goes only to Google's own hosts",
  ),
  taken('a foreign host without a token', cloudTrace({ endpoint: 'https://traces.example', auth: { type: 'None' } })),
  taken('Datadog with its two keys', datadog()),
  taken('another site of Datadog', datadog({ site: 'ap2', service: 'checkout-agents' })),
  taken('a site of Datadog by its host', datadog({ site: 'api.datadoghq.eu' })),
  refused('a site that Datadog does not have', datadog({ site: 'EU' }), 'spec.store.datadog.site', 'a site is one of us1, us3'),
  bySchema(
    'only one key of Datadog',
    { store: { datadog: { apiKeySecretRef: secret } } },
    'spec.store.datadog.appKeySecretRef',
    'Required value',
  ),
  refused('a service with quotes', datadog({ service: 'a"b' }), 'spec.store.datadog.service', 'without quotes'),
  refused('a lookback beyond what Datadog keeps', datadog({ lookback: '16d' }), 'spec.store.datadog.lookback', 'lookback is at most 15d'),
  refused('the same in hours', datadog({ lookback: '361h' }), 'spec.store.datadog.lookback', 'lookback is at most 15d'),
  taken('the longest lookback', datadog({ lookback: '360h' })),
  refused('an overlap of two days', datadog({ overlap: '2d' }), 'spec.store.datadog.overlap', 'overlap is at most 1d'),
  taken('no overlap', datadog({ overlap: '0s', settle: '0s' })),
  refused('a format that no platform gives', datadog({}, { format: 'Monocle' }), 'spec.format', 'a trace platform gives OTLP'),
  refused('extensions of slices', datadog({}, { scan: { extensions: ['.json'] } }), 'spec.scan', 'slices of time have no extensions'),
];

const stores: readonly Row[] = [
  taken('a bucket is enough', s3()),
  taken('so is a bucket of Google', gcs()),
  taken('and a container of Azure', azure()),
  refused('no store', { store: {} }, 'spec.store', exactlyOne),
  refused('two stores', { store: { s3: { bucket: 'acme-traces' }, gcs: { bucket: 'acme-traces' } } }, 'spec.store', exactlyOne),
  bySchema('no store at all', {}, 'spec.store', 'Required value'),
  refused('a bucket with capitals', s3({ bucket: 'Acme' }), 'spec.store.s3.bucket', "a bucket's name has 3 to 63 characters"),
  refused('a bucket of two letters', s3({ bucket: 'ab' }), 'spec.store.s3.bucket', "a bucket's name has 3 to 63 characters"),
  refused('a bucket that ends with a hyphen', s3({ bucket: 'acme-' }), 'spec.store.s3.bucket', 'starts and ends with a letter or digit'),
  refused('a URL for a bucket', s3({ bucket: 's3://acme' }), 'spec.store.s3.bucket', "a bucket's name has 3 to 63 characters"),
  taken('a bucket with dots', s3({ bucket: 'traces.acme.example' })),
  bySchema('a bucket of 64 letters', s3({ bucket: 'a'.repeat(64) }), 'spec.store.s3.bucket', 'Too long'),
  taken('a bucket of 63 letters', s3({ bucket: 'a'.repeat(63) })),
  bySchema('no bucket', { store: { s3: {} } }, 'spec.store.s3.bucket', 'Required value'),
  bySchema('a prefix over 1,024 characters', s3({ prefix: 'a'.repeat(1025) }), 'spec.store.s3.prefix', 'Too long'),
  refused('a region with a space', s3({ region: 'us east' }), 'spec.store.s3.region', 'such as us-east-1'),
  refused('a bucket owner by name', s3({ bucketOwner: 'acme' }), 'spec.store.s3.bucketOwner', '12 digits of an AWS account'),
  bySchema('a bucket owner without quotes', s3({ bucketOwner: 123456789012 }), 'spec.store.s3.bucketOwner', 'must be of type string'),
  taken('a bucket owner in quotes', s3({ bucketOwner: '123456789012' })),
  refused('a bucket of Google with capitals', gcs({ bucket: 'Acme' }), 'spec.store.gcs.bucket', '3 to 222 characters'),
  taken('a bucket of Google with an underscore', gcs({ bucket: 'acme_traces' })),
  refused('a container with an underscore', azure({ container: 'my_traces' }), 'spec.store.azureBlob.container', "a container's name has"),
  taken('the container $web', azure({ container: '$web' })),
  refused('an account with a hyphen', azure({ account: 'acme-traces' }), 'spec.store.azureBlob.account', '3 to 24 characters'),
  refused(
    'neither account nor endpoint',
    { store: { azureBlob: { container: 'traces' } } },
    'spec.store.azureBlob',
    'exactly one of account',
  ),
  refused('account and endpoint', azure({ endpoint: 'https://a.blob.core.windows.net' }), 'spec.store.azureBlob', 'exactly one of account'),
];

const endpoints: readonly Row[] = [
  ...[
    'http://minio:9000',
    'http://minio:65535',
    'https://s3.internal',
    'https://s3.zone-1.example.',
    'https://10.0.0.7:9000/',
    'http://[fd00::7]:9000',
    'https://ceph.example/s3',
  ].map((endpoint) => taken(`S3 at ${endpoint}`, s3({ endpoint }))),
  ...[
    'minio:9000',
    'ftp://minio',
    'https://me:secret@minio',
    'https://minio?token=x',
    'https://minio/#x',
    'https://',
    'https://mi nio',
    'http://minio:65536',
    'http://10.0.0.256',
    'http://2852039166',
    'http://10.0.0.7.1:9000',
  ].map((endpoint) => refused(`S3 at ${endpoint}`, s3({ endpoint }), 'spec.store.s3.endpoint', urlForm)),
  refused('a destination without a scheme', destination({ endpoint: 'collector:4318' }), 'spec.destination.endpoint', urlForm),
  refused('a destination with a password', destination({ endpoint: 'http://a:b@collector' }), 'spec.destination.endpoint', urlForm),
];

const credentials: readonly Row[] = [
  taken('an access key with its Secret', s3Auth({ type: 'AccessKey', accessKeySecretRef: secret })),
  refused(
    'an access key without its Secret',
    s3Auth({ type: 'AccessKey' }),
    'spec.store.s3.auth',
    'type AccessKey needs accessKeySecretRef',
  ),
  refused(
    'a role with a Secret',
    s3Auth({ type: 'IAMRole', accessKeySecretRef: secret }),
    'spec.store.s3.auth',
    'IAMRole takes no accessKeySecretRef',
  ),
  refused('a Secret without a type', s3Auth({ accessKeySecretRef: secret }), 'spec.store.s3.auth', 'IAMRole takes no accessKeySecretRef'),
  taken('a role to assume', s3Auth({ roleArn: role, externalIdSecretRef: secret })),
  taken('a role to assume with an access key', s3Auth({ type: 'AccessKey', accessKeySecretRef: secret, roleArn: role })),
  taken('a role of Ceph', s3Auth({ roleArn: 'arn:aws:iam:::role/S3Access' })),
  refused('a role by its name', s3Auth({ roleArn: 'trace-reader' }), 'spec.store.s3.auth.roleArn', 'a role is named by its ARN'),
  refused(
    'an external id without a role',
    s3Auth({ externalIdSecretRef: secret }),
    'spec.store.s3.auth',
    'externalIdSecretRef needs roleArn',
  ),
  bySchema('an unknown type', s3Auth({ type: 'Password' }), 'spec.store.s3.auth.type', 'supported values: "IAMRole", "AccessKey"'),
  refused(
    'a Secret with a path',
    s3Auth({ type: 'AccessKey', accessKeySecretRef: { name: 'other/keys' } }),
    'accessKeySecretRef.name',
    'a name is made of',
  ),
  bySchema('a Secret without a name', s3Auth({ type: 'AccessKey', accessKeySecretRef: {} }), 'accessKeySecretRef.name', 'Required value'),
  refused(
    'a key with a slash',
    s3({ caSecretRef: { name: 'ca', key: 'a/b' } }),
    'spec.store.s3.caSecretRef.key',
    'a key of a Secret is made of',
  ),
  taken('a service account', gcs({ auth: { type: 'ServiceAccountKey', keySecretRef: secret } })),
  refused(
    'a service account without its Secret',
    gcs({ auth: { type: 'ServiceAccountKey' } }),
    'spec.store.gcs.auth',
    'needs keySecretRef',
  ),
  refused(
    'Workload Identity with a Secret',
    gcs({ auth: { keySecretRef: secret } }),
    'spec.store.gcs.auth',
    'only type ServiceAccountKey takes',
  ),
  refused(
    'anonymous with a Secret',
    gcs({ auth: { type: 'None', keySecretRef: secret } }),
    'spec.store.gcs.auth',
    'only type ServiceAccountKey',
  ),
  ...['AccountKey', 'SAS', 'ConnectionString'].flatMap((type) => [
    taken(`Azure by ${type} with its Secret`, azure({ auth: { type, secretRef: secret } })),
    refused(`Azure by ${type} without its Secret`, azure({ auth: { type } }), 'spec.store.azureBlob.auth', 'need secretRef'),
  ]),
  refused(
    'Azure Workload Identity with a Secret',
    azure({ auth: { secretRef: secret } }),
    'spec.store.azureBlob.auth',
    'takes no secretRef',
  ),
];

const ownToken = "a token of Google goes only to Google's own hosts";
const ownAzureToken = "a token of Azure goes only to Azure's own hosts";
const gcsEndpoint = 'spec.store.gcs.endpoint';
const azureEndpoint = 'spec.store.azureBlob.endpoint';

const foreignHosts: readonly Row[] = [
  taken('anonymous at a foreign GCS', gcs({ endpoint: 'http://fake-gcs:4443', auth: { type: 'None' } })),
  taken('anonymous at Google', gcs({ auth: { type: 'None' } })),
  ...['https://storage.googleapis.com', 'https://storage.europe-west3.rep.googleapis.com:443', 'https://storage.s3nsapis.fr/'].map(
    (endpoint) => taken(`a token of Google at ${endpoint}`, gcs({ endpoint })),
  ),
  ...[
    'https://fake-gcs:4443',
    'http://storage.googleapis.com',
    'https://storage.googleapis.com.evil.example',
    'https://evilgoogleapis.com',
    'https://storage.googleapis.com:8443',
  ].map((endpoint) => refused(`a token of Google at ${endpoint}`, gcs({ endpoint }), gcsEndpoint, ownToken)),
  refused(
    'a service account at a foreign GCS',
    gcs({ endpoint: 'https://fake-gcs', auth: { type: 'ServiceAccountKey', keySecretRef: secret } }),
    gcsEndpoint,
    ownToken,
  ),
  ...[
    'https://acmetraces.blob.core.windows.net',
    'https://acmetraces.blob.core.usgovcloudapi.net',
    'https://acmetraces.blob.core.chinacloudapi.cn/',
    'https://acmetraces.z12.blob.storage.azure.net',
  ].map((endpoint) => taken(`a token of Azure at ${endpoint}`, azureAt(endpoint))),
  ...['https://azurite:10000/acmetraces', 'http://acmetraces.blob.core.windows.net', 'https://a.blob.core.windows.net.evil.example'].map(
    (endpoint) => refused(`a token of Azure at ${endpoint}`, azureAt(endpoint), azureEndpoint, ownAzureToken),
  ),
  taken('an account key at Azurite', azureAt('http://azurite:10000/acmetraces', { auth: { type: 'AccountKey', secretRef: secret } })),
];

const scans: readonly Row[] = [
  taken('every 10 seconds', scan({ interval: '10s' })),
  taken('every day', scan({ interval: '1d' })),
  ...['9s', '0s', '0m', '0d'].map((interval) =>
    refused(`every ${interval}`, scan({ interval }), 'spec.scan.interval', 'interval must be 10s or more'),
  ),
  ...['1m30s', '60', 'soon', '1w', '07d', '-5m'].map((interval) =>
    refused(`every ${interval}`, scan({ interval }), 'spec.scan.interval', durationForm),
  ),
  refused('a rest of half an hour in words', scan({ minAge: 'half an hour' }), 'spec.scan.minAge', durationForm),
  bySchema('a number for an interval', scan({ interval: 60 }), 'spec.scan.interval', 'must be of type string'),
  taken('extensions', scan({ extensions: ['.json', '.jsonl', '.json.gz'] })),
  taken('no extensions: every key', scan({ extensions: [] })),
  refused(
    'an extension without a dot',
    scan({ extensions: ['.json', 'ndjson'] }),
    'spec.scan.extensions[1]',
    'an extension starts with a dot',
  ),
  bySchema('an empty glob', scan({ include: [''] }), 'spec.scan.include[0]', 'should be at least 1 chars long'),
  bySchema('51 globs', scan({ exclude: Array.from({ length: 51 }, (_, n) => `${n}/**`) }), 'spec.scan.exclude', 'Too many'),
  taken('the last week', scan({ modified: { since: '7d' } })),
  taken('the newest 20', scan({ modified: { latest: 20 } })),
  taken('after a moment', scan({ modified: { after: '2026-11-01T00:00:00Z' } })),
  taken('before a moment', scan({ modified: { before: '2026-11-01T00:00:00+01:00' } })),
  taken('between two moments', scan({ modified: { after: '2026-10-01T00:00:00Z', before: '2026-11-01T00:00:00Z' } })),
  taken('the newest 20 before a moment', scan({ modified: { latest: 20, before: '2026-11-01T00:00:00Z' } })),
  taken('an empty modified', scan({ modified: {} })),
  refused(
    'since and latest',
    scan({ modified: { since: '7d', latest: 20 } }),
    'spec.scan.modified',
    'at most one of since, after and latest',
  ),
  refused(
    'since and after',
    scan({ modified: { since: '7d', after: '2026-11-01T00:00:00Z' } }),
    'spec.scan.modified',
    'at most one of since',
  ),
  refused(
    'after later than before',
    scan({ modified: { after: '2026-11-02T00:00:00Z', before: '2026-11-01T00:00:00Z' } }),
    'spec.scan.modified',
    'the earlier moment',
  ),
  bySchema('a moment in words', scan({ modified: { after: 'yesterday' } }), 'spec.scan.modified.after', 'must be of type date-time'),
  bySchema('the newest none', scan({ modified: { latest: 0 } }), 'spec.scan.modified.latest', 'should be greater than or equal to 1'),
  bySchema('an unknown way with overwritten files', scan({ overwritten: 'Skip' }), 'spec.scan.overwritten', '"Ingest", "Ignore"'),
];

const rest: readonly Row[] = [
  taken('one application', s3({}, { applicationIds: ['5f4dcc3b'], applicationMismatch: 'Fail' })),
  refused('two applications', s3({}, { applicationIds: ['a', 'b'] }), 'spec.applicationIds', 'give at most one application id'),
  bySchema('an unknown format', s3({}, { format: 'Jaeger' }), 'spec.format', 'supported values: "Auto", "OTLP", "Monocle"'),
  bySchema('a long description', s3({}, { description: 'a'.repeat(1001) }), 'spec.description', 'Too long'),
  taken('a description of 1,000 characters', s3({}, { description: 'ä'.repeat(1000) })),
  bySchema('minus one retries', s3({}, { retry: { maxRetries: -1 } }), 'spec.retry.maxRetries', 'greater than or equal to 0'),
  taken('no retries and no history', s3({}, { retry: { maxRetries: 0 }, history: { completed: 0, failed: 0 } })),
  bySchema('a history of two thousand', s3({}, { history: { completed: 2000 } }), 'spec.history.completed', 'less than or equal to 1000'),
  bySchema('half a file of history', s3({}, { history: { failed: 0.5 } }), 'spec.history.failed', 'must be of type integer'),
  bySchema('suspend in words', s3({}, { suspend: 'yes' }), 'spec.suspend', 'must be of type boolean'),
  bySchema('a destination without endpoint', s3({}, { destination: {} }), 'spec.destination.endpoint', 'Required value'),
  taken(
    'a destination with all',
    destination({ authTokenSecretRef: secret, headersSecretRef: secret, compression: 'Gzip', clientCertSecretRef: secret }),
  ),
  bySchema('an unknown compression', destination({ compression: 'Brotli' }), 'spec.destination.compression', '"None", "Zstd", "Gzip"'),
];

/** A record as the operator writes it. */
export const fileSpec = {
  sourceRef: { name: 'checkout-agents' },
  key: 'agents/prod/run-7.json',
  version: '"9b2cf535f27731c974343645a3985328"',
  size: 48_213,
  modifiedTime: '2026-11-20T09:58:12Z',
  worker: 'spanferry-7d9c-x2x4z-3f',
} as const;

/** A sealed segment as the operator writes it. */
export const ledgerSpec = {
  sourceRef: { name: 'checkout-agents' },
  number: 1,
  open: false,
  codec: 'v1',
  sequence: 7,
  entries: 2,
  failures: 0,
  data: 'AAECAwQFBgcICQoLAAECAwQFBgcICQoM',
} as const;

const file = (title: string, spec: unknown, refusal?: Refusal): Row => ({
  title,
  kind: 'IngestionFile',
  spec,
  ...(refusal ? { refused: refusal } : {}),
});
const segment = (title: string, spec: unknown, refusal?: Refusal): Row => ({
  title,
  kind: 'IngestionLedger',
  spec,
  ...(refusal ? { refused: refusal } : {}),
});
const { worker: _worker, ...unbound } = fileSpec;
const { sourceRef, key, version, size, modifiedTime } = fileSpec;
const packed = { key, version, size, modifiedTime };
const packSpec = { sourceRef, pack: [packed, { ...packed, key: 'agents/prod/run-8.json' }], title: 'agents/prod/run-7.json +1' };
const { data: _data, ...withoutData } = ledgerSpec;

const records: readonly Row[] = [
  file('a record', fileSpec),
  file('a record without a worker', unbound),
  file('a record with an odd key', { ...fileSpec, key: '/ü 🙂\n+%25' }),
  file('a record without a key', { ...fileSpec, key: '' }, { at: 'spec.key', says: 'at least 1 chars long', by: 'schema' }),
  file('a record of negative size', { ...fileSpec, size: -1 }, { at: 'spec.size', says: 'greater than or equal to 0', by: 'schema' }),
  file('a worker with a capital', { ...fileSpec, worker: 'Worker' }, { at: 'spec.worker', says: 'a name is made of lower-case letters' }),
  file('a pack', packSpec),
  file('a full pack of long keys', {
    ...packSpec,
    pack: Array.from({ length: 256 }, (_, n) => ({ ...packed, key: `${n}/`.padEnd(1_024, 'k') })),
  }),
  file(
    'a record with a key and a pack',
    { ...fileSpec, pack: [packed] },
    { at: 'spec', says: 'name either one file with key or several with pack' },
  ),
  file(
    'a record with neither',
    { sourceRef: fileSpec.sourceRef },
    { at: 'spec', says: 'name either one file with key or several with pack' },
  ),
  file(
    'a key without a version',
    { sourceRef: fileSpec.sourceRef, key: 'a.json' },
    { at: 'spec', says: 'key, version, size and modifiedTime belong together' },
  ),
  file('an empty pack', { ...packSpec, pack: [] }, { at: 'spec.pack', says: 'at least 1 items', by: 'schema' }),
  file(
    'an overfull pack',
    { ...packSpec, pack: Array.from({ length: 257 }, () => packed) },
    { at: 'spec.pack', says: 'must have at most 256 items', by: 'schema' },
  ),
  segment('a segment', ledgerSpec),
  segment('a full segment', { ...ledgerSpec, data: 'A'.repeat(700_000) }),
  segment('an overfull segment', { ...ledgerSpec, data: 'A'.repeat(700_001) }, { at: 'spec.data', says: 'Too long', by: 'schema' }),
  segment('a segment without data', withoutData, { at: 'spec.data', says: 'Required value', by: 'schema' }),
];

export const rows: readonly Row[] = [...stores, ...platforms, ...endpoints, ...credentials, ...foreignHosts, ...scans, ...rest, ...records];

/** A row as an object of the API. */
export const objectOf = ({ kind, spec }: Row, name: string) => ({ apiVersion: 'spanferry.io/v1alpha1', kind, metadata: { name }, spec });
