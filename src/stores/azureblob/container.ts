import type { BlobItem, ContainerClient, StoragePipelineOptions } from '@azure/storage-blob';
import { Failed, type Failure, fail, isFailed } from '../../api/failure.ts';
import { systemClock } from '../../std/clock.ts';
import { numberIn, recordIn, textIn } from '../fields.ts';
import { networkFailure } from '../network-failure.ts';
import type { OnRequest } from '../provider.ts';
import type { StoredFile } from '../store.ts';
import { abortable, discard, retryAfter, type Web } from '../web.ts';
import type { Credential } from './credential.ts';
import { type Attempt, refused } from './errors.ts';
import { tokenFailure, type WorkloadIdentity } from './identity.ts';
import { transport } from './transport.ts';

/** The two calls of the blob service that Spanferry makes. */
export type Container = {
  readonly list: (query: ListQuery, signal?: AbortSignal) => Promise<Listing>;
  readonly get: (
    file: Pick<StoredFile, 'key' | 'version'>,
    from: number,
    length?: number,
    signal?: AbortSignal,
  ) => Promise<NodeJS.ReadableStream>;
};

type ListQuery = {
  readonly prefix: string;
  readonly startFrom?: string | undefined;
  readonly delimiter?: string | undefined;
  readonly maxPageSize: number;
  readonly marker?: string | undefined;
};

type Listing = { readonly files: readonly StoredFile[]; readonly folders: readonly string[]; readonly next?: string | undefined };

const PAGE_MS = 60_000;

/** Speaks to one container. Versions are ETags without their quotes. Retries are the caller's: the SDK's own wait four seconds and more. */
export function container(name: string, credential: Credential, web: Web, identity: WorkloadIdentity, onRequest?: OnRequest): Container {
  let client: Promise<ContainerClient> | undefined;
  const connected = () => {
    client ??= connect(name, credential, web, identity);
    return client;
  };
  const origin = new URL(credential.url).origin;
  const failed = (thrown: unknown, attempt: Pick<Attempt, 'does' | 'key'>, signal?: AbortSignal) =>
    signal?.aborted
      ? signal.reason
      : failureBehind(thrown, { ...attempt, container: name, as: credential.as, expired: expired(credential) }, origin);

  return {
    list: async (query, signal) => {
      const limited = AbortSignal.any([AbortSignal.timeout(PAGE_MS), ...(signal ? [signal] : [])]);
      onRequest?.('list');
      try {
        return await abortable(page(await connected(), query, limited), limited);
      } catch (thrown) {
        throw failed(thrown, { does: 'list' }, signal);
      }
    },
    get: async ({ key, version }, from, length, signal) => {
      onRequest?.('get');
      try {
        const conditions = { ifMatch: `"${version}"` };
        const options = { conditions, maxRetryRequests: 0, ...(signal && { abortSignal: signal }) };
        const answer = (await connected()).getBlobClient(key).download(from, length, options);
        const { readableStreamBody, etag } = await abortable(answer, signal);
        if (!readableStreamBody) return fail('StoreProtocolError', `${key}: the answer has no body`);
        if (etag !== undefined && unquoted(etag) !== version) {
          discard(readableStreamBody);
          fail('Superseded', `${key} has new content`);
        }
        return readableStreamBody;
      } catch (thrown) {
        throw failed(thrown, { does: 'read', key }, signal);
      }
    },
  };
}

async function connect(name: string, credential: Credential, web: Web, identity: WorkloadIdentity): Promise<ContainerClient> {
  const { AnonymousCredential, ContainerClient, StorageSharedKeyCredential } = await import('@azure/storage-blob');
  const options: StoragePipelineOptions = { httpClient: transport(web), retryOptions: { maxTries: 1 } };
  const url = `${credential.url}/${encodeURIComponent(name)}`;
  switch (credential.as) {
    case 'AccountKey':
      return new ContainerClient(url, new StorageSharedKeyCredential(credential.account, credential.key), options);
    case 'SAS':
      return new ContainerClient(`${url}?${credential.sas}`, new AnonymousCredential(), options);
    case 'WorkloadIdentity':
      return new ContainerClient(url, identity, options);
  }
}

async function page(client: ContainerClient, query: ListQuery, signal: AbortSignal): Promise<Listing> {
  const { prefix, startFrom, delimiter, maxPageSize, marker } = query;
  const asked = { ...(prefix && { prefix }), abortSignal: signal };
  const settings = { maxPageSize, ...(marker && { continuationToken: marker }) };
  if (delimiter) {
    const { value } = await client.listBlobsByHierarchy(delimiter, asked).byPage(settings).next();
    const { blobItems = [], blobPrefixes = [] } = value?.segment ?? {};
    return {
      files: filesOf(blobItems),
      folders: blobPrefixes.map((folder: { name: string }) => folder.name),
      next: value?.continuationToken,
    };
  }
  const { value } = await client
    .listBlobsFlat({ ...asked, ...(startFrom && { startFrom }) })
    .byPage(settings)
    .next();
  return { files: filesOf(value?.segment.blobItems ?? []), folders: [], next: value?.continuationToken };
}

const filesOf = (items: readonly BlobItem[]): readonly StoredFile[] =>
  items.map(({ name, properties }) => ({
    key: name,
    version: unquoted(properties.etag),
    size: properties.contentLength ?? 0,
    modifiedTime: properties.lastModified.getTime(),
    ...(properties.accessTier === 'Archive' && { archived: true }),
  }));

/** A listing gives the ETag bare, a header quotes it. */
const unquoted = (etag: string): string => etag.replace(/^"|"$/g, '');

/** When a SAS ended, if it has. */
function expired(credential: Credential): string | undefined {
  const end = credential.as === 'SAS' ? new URLSearchParams(credential.sas).get('se') : null;
  return end !== null && Date.parse(end) < systemClock.now() ? end : undefined;
}

/** Finds the failure in what the SDK throws: an answer of the service, a token that was not given, or a connection. */
function failureBehind(thrown: unknown, attempt: Attempt, origin: string): unknown {
  if (isFailed(thrown)) return thrown;
  const answer = answerOf(thrown);
  if (answer) return new Failed(refused(answer, attempt));
  const host = new URL(origin).host;
  const failure = tokenFailure(thrown) ?? networkFailure(thrown, host) ?? slow(thrown, host) ?? notAzure(thrown, host);
  return new Failed(failure);
}

const slow = (thrown: unknown, host: string): Failure | undefined =>
  thrown instanceof Error && /^(Timeout|Abort)Error$/.test(thrown.name)
    ? { reason: 'StoreUnavailable', message: `${host}: no whole answer within ${PAGE_MS / 1_000} s` }
    : undefined;

/** The SDK stumbles over what it cannot read. */
const notAzure = (thrown: unknown, host: string): Failure => ({
  reason: 'StoreProtocolError',
  message: `${host} does not answer like Azure Blob Storage`,
  cause: thrown,
});

/** What a RestError of the SDK knows of the answer; nothing where there was none. */
function answerOf(thrown: unknown) {
  const status = numberIn(thrown, 'statusCode');
  if (!(thrown instanceof Error) || thrown.name !== 'RestError' || status === undefined) return undefined;
  const details = recordIn(thrown, 'details');
  // The SDK puts headers beside the fields of the XML.
  const code = textIn(details, 'errorCode') ?? textIn(thrown, 'code');
  const said = textIn(details, 'message') ?? (/[<{]/.test(thrown.message) ? undefined : thrown.message);
  return {
    status,
    ...(code && { code }),
    ...(said && { message: said }),
    ...retryAfter(retryAfterHeader(recordIn(thrown, 'response')?.headers), systemClock.now()),
  };
}

function retryAfterHeader(headers: unknown): string | undefined {
  return headers instanceof Object && 'get' in headers && typeof headers.get === 'function' ? headers.get('retry-after') : undefined;
}
