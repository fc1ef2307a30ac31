/** What the command line says about a store beside its URL. */
export type StoreFlags = {
  readonly region?: string;
  readonly endpoint?: string;
  readonly pathStyle?: boolean;
  readonly bucketOwner?: string;
  readonly requesterPays?: boolean;
  readonly auth?: string;
  /** Name of a Secret, or name/key. */
  readonly secret?: string;
  readonly roleArn?: string;
  readonly externalIdSecret?: string;
  readonly caSecret?: string;
};

/** One way to write where a source looks. */
export type Location = {
  /** For help and for the sentence about a URL that nobody knows. */
  readonly example: string;
  readonly pattern: RegExp;
  /** Flags that go with it, beside those that go with all. */
  readonly flags: readonly (keyof StoreFlags)[];
  /** A member of spec.store, from the parts of the URL and the flags. What is undefined is left out. */
  readonly store: (parts: Readonly<Record<string, string | undefined>>, flags: StoreFlags) => object;
};

const s3Flags = [
  'region',
  'endpoint',
  'pathStyle',
  'bucketOwner',
  'requesterPays',
  'auth',
  'secret',
  'roleArn',
  'externalIdSecret',
  'caSecret',
] as const;
const gcsFlags = ['endpoint', 'auth', 'secret', 'caSecret'] as const;
const azureFlags = ['endpoint', 'auth', 'secret', 'caSecret'] as const;

const awsAuth = ({ auth, secret, roleArn, externalIdSecret }: StoreFlags) => ({
  type: auth ?? (secret === undefined ? 'IAMRole' : 'AccessKey'),
  accessKeySecretRef: secret === undefined ? undefined : { name: secret },
  roleArn,
  externalIdSecretRef: keyRef(externalIdSecret),
});

const s3: Pick<Location, 'flags' | 'store'> = {
  flags: s3Flags,
  store: ({ bucket, prefix, region }, flags) => ({
    s3: {
      bucket,
      prefix: prefix || undefined,
      region: flags.region ?? region,
      endpoint: flags.endpoint,
      forcePathStyle: flags.pathStyle || undefined,
      bucketOwner: flags.bucketOwner,
      requesterPays: flags.requesterPays || undefined,
      caSecretRef: keyRef(flags.caSecret),
      auth: awsAuth(flags),
    },
  }),
};

const xray: Pick<Location, 'flags' | 'store'> = {
  flags: ['endpoint', 'auth', 'secret', 'roleArn', 'externalIdSecret', 'caSecret'],
  store: ({ region, service }, flags) => ({
    xray: { region, service: service || undefined, endpoint: flags.endpoint, caSecretRef: keyRef(flags.caSecret), auth: awsAuth(flags) },
  }),
};

/** A token of Google goes to no foreign host. */
const googleAuth = ({ endpoint, auth, secret }: StoreFlags) => ({
  type: auth ?? (secret === undefined ? (endpoint === undefined ? 'WorkloadIdentity' : 'None') : 'ServiceAccountKey'),
  keySecretRef: keyRef(secret),
});

const gcs: Pick<Location, 'flags' | 'store'> = {
  flags: gcsFlags,
  store: ({ bucket, prefix }, flags) => ({
    gcs: { bucket, prefix: prefix || undefined, endpoint: flags.endpoint, caSecretRef: keyRef(flags.caSecret), auth: googleAuth(flags) },
  }),
};

const azureBlob: Pick<Location, 'flags' | 'store'> = {
  flags: azureFlags,
  store: ({ account, host, container, prefix }, { endpoint, auth, secret, caSecret }) => ({
    azureBlob: {
      account: endpoint === undefined && host === undefined ? account : undefined,
      endpoint: endpoint ?? (host === undefined ? undefined : `https://${host}`),
      container,
      prefix: prefix || undefined,
      caSecretRef: keyRef(caSecret),
      auth: { type: auth ?? (secret === undefined ? 'WorkloadIdentity' : 'AccountKey'), secretRef: keyRef(secret) },
    },
  }),
};

const cloudTrace: Pick<Location, 'flags' | 'store'> = {
  flags: gcsFlags,
  store: ({ project, service }, flags) => ({
    cloudTrace: {
      project,
      service: service || undefined,
      endpoint: flags.endpoint,
      caSecretRef: keyRef(flags.caSecret),
      auth: googleAuth(flags),
    },
  }),
};

const azureMonitor: Pick<Location, 'flags' | 'store'> = {
  flags: ['endpoint', 'auth', 'caSecret'],
  store: ({ workspaceId, service }, { endpoint, auth, caSecret }) => ({
    azureMonitor: {
      workspaceId,
      service: service || undefined,
      endpoint,
      caSecretRef: keyRef(caSecret),
      auth: { type: auth ?? (endpoint === undefined ? 'WorkloadIdentity' : 'None') },
    },
  }),
};

/** Both keys of Datadog lie in one Secret, which is never left out. */
const datadog: Pick<Location, 'flags' | 'store'> = {
  flags: ['endpoint', 'secret', 'caSecret'],
  store: ({ site, service }, { endpoint, secret = 'datadog-keys', caSecret }) => ({
    datadog: {
      site,
      service: service || undefined,
      endpoint,
      apiKeySecretRef: { name: secret },
      appKeySecretRef: { name: secret },
      caSecretRef: keyRef(caSecret),
    },
  }),
};

/** Every way to write a location; the first whose pattern fits is taken. A new kind of store is a row here. */
export const locations: readonly Location[] = [
  { example: 's3://bucket/prefix', pattern: /^s3:\/\/(?<bucket>[^/]+)(\/(?<prefix>.*))?$/, ...s3 },
  { example: 'gs://bucket/prefix', pattern: /^gs:\/\/(?<bucket>[^/]+)(\/(?<prefix>.*))?$/, ...gcs },
  {
    example: 'azblob://account/container/prefix',
    pattern: /^azblob:\/\/(?<account>[^/.]+)\/(?<container>[^/]+)(\/(?<prefix>.*))?$/,
    ...azureBlob,
  },
  {
    example: 'azblob://host/container/prefix',
    pattern: /^azblob:\/\/(?<host>[^/]+)\/(?<container>[^/]+)(\/(?<prefix>.*))?$/,
    ...azureBlob,
  },
  { example: 'xray://region/service', pattern: /^xray:\/\/(?<region>[^/]+)(\/(?<service>.*))?$/, ...xray },
  { example: 'cloudtrace://project/service', pattern: /^cloudtrace:\/\/(?<project>[^/]+)(\/(?<service>.*))?$/, ...cloudTrace },
  { example: 'azuremonitor://workspace/service', pattern: /^azuremonitor:\/\/(?<workspaceId>[^/]+)(\/(?<service>.*))?$/, ...azureMonitor },
  { example: 'datadog://site/service', pattern: /^datadog:\/\/(?<site>[^/]+)(\/(?<service>.*))?$/, ...datadog },
  {
    example: 'https://account.blob.core.windows.net/container/prefix',
    pattern: /^https:\/\/(?<account>[a-z0-9]+)\.blob\.core\.windows\.net\/(?<container>[^/]+)(\/(?<prefix>.*))?$/,
    ...azureBlob,
  },
  {
    example: 'https://account.blob.core.usgovcloudapi.net/container/prefix',
    pattern:
      /^https:\/\/(?<host>[a-z0-9.-]+\.blob\.(core\.(usgovcloudapi\.net|chinacloudapi\.cn)|storage\.azure\.net))\/(?<container>[^/]+)(\/(?<prefix>.*))?$/,
    ...azureBlob,
  },
  {
    example: 'https://storage.googleapis.com/bucket/prefix',
    pattern: /^https:\/\/storage\.(cloud\.google|googleapis)\.com\/(?<bucket>[^/]+)(\/(?<prefix>.*))?$/,
    ...gcs,
  },
  {
    example: 'https://bucket.s3.region.amazonaws.com/prefix',
    pattern: /^https:\/\/(?<bucket>[a-z0-9.-]+)\.s3[.-](?<region>[a-z0-9-]+)\.amazonaws\.com(\/(?<prefix>.*))?$/,
    ...s3,
  },
  {
    example: 'https://s3.region.amazonaws.com/bucket/prefix',
    pattern: /^https:\/\/s3[.-](?<region>[a-z0-9-]+)\.amazonaws\.com\/(?<bucket>[^/]+)(\/(?<prefix>.*))?$/,
    ...s3,
  },
];

/** Does a word look like a location, rather than like the name of a source? */
export const isLocation = (word: string): boolean => /^[a-z0-9]+:\/\//i.test(word);

/** "ca" or "ca/ca.pem": a Secret and, where it is not the usual one, its key. */
export function keyRef(text: string | undefined): { readonly name: string; readonly key?: string } | undefined {
  if (text === undefined) return undefined;
  const [name = '', key] = text.split('/');
  return { name, ...(key !== undefined && { key }) };
}
