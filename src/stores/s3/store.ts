import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { Failed, fail, failureOf } from '../../api/failure.ts';
import { type OpenBody, resumed } from '../resume.ts';
import { retried } from '../retry.ts';
import type { S3Spec } from '../spec.ts';
import type { ListOptions, Page, Probe, Store, StoredFile } from '../store.ts';
import type { S3Connection } from './connection.ts';
import { type ListingPage, readListing } from './listing.ts';
import { s3Place } from './place.ts';
import type { Asked } from './refusal.ts';
import { ask, type Session } from './session.ts';

const PROBE_MS = 10_000;

/** A bucket at S3, or at something that speaks like it. */
export function s3Store(spec: S3Spec, session: Session, idleMs: number | undefined, close: () => void): Store {
  const { location } = s3Place(spec);
  return {
    location,
    probe: (signal) => probe(spec, session, signal),
    list: (options = {}) => list(spec, session, options),
    open: (file, { from = 0, signal } = {}) => resumed(body(spec, session, file), { from, size: file.size, signal, idleMs }),
    close,
  };
}

async function* list(spec: S3Spec, session: Session, options: ListOptions): AsyncGenerator<Page, void, undefined> {
  const { startAfter, delimiter, pageSize, signal } = options;
  const prefix = options.prefix ?? spec.prefix;
  let token: string | undefined;
  do {
    const { next, ...page } = await listPage(spec, session, { prefix, startAfter, delimiter, pageSize, token, signal });
    yield page;
    if (next !== undefined && next === token) fail('StoreProtocolError', `${spec.bucket}: the listing does not advance`);
    token = next;
  } while (token !== undefined);
}

type PageRequest = ListOptions & { readonly prefix: string; readonly token?: string | undefined };
type Loose<T> = { readonly [K in keyof T]: T[K] | undefined };

function listPage(spec: S3Spec, session: Session, request: Loose<PageRequest>): Promise<ListingPage> {
  const { prefix, startAfter, delimiter, pageSize, token, signal = new AbortController().signal } = request;
  const parameters = {
    prefix,
    delimiter,
    'max-keys': pageSize === undefined ? undefined : String(pageSize),
    // Only on the first page: afterwards the token says where we are.
    'start-after': token === undefined ? startAfter : undefined,
    'continuation-token': token,
  };
  const asked: Asked = { action: 's3:ListBucket', on: `s3://${spec.bucket}/${spec.prefix}` };
  const attempt = (connection: S3Connection) => connection.list(spec.bucket, { parameters, headers: terms(spec) }, signal);
  return retried(async () => readListing(await ask(session, asked, signal, attempt), spec.bucket, startAfter), signal);
}

/** What a bucket wants to be told with every request. */
const terms = ({ bucketOwner, requesterPays }: S3Spec): Readonly<Record<string, string>> => ({
  ...(bucketOwner !== undefined && { 'x-amz-expected-bucket-owner': bucketOwner }),
  ...(requesterPays && { 'x-amz-request-payer': 'requester' }),
});

async function probe(spec: S3Spec, session: Session, outer: AbortSignal | undefined): Promise<Probe> {
  const timeout = AbortSignal.timeout(PROBE_MS);
  const signal = outer ? AbortSignal.any([outer, timeout]) : timeout;
  try {
    const { files } = await listPage(spec, session, { prefix: spec.prefix, pageSize: 1, signal }).catch((thrown: unknown) =>
      betterDenial(thrown, spec, session, signal),
    );
    const [file] = files;
    if (file && !file.archived) await readTest(spec, session, file, signal);
    const { region, identity } = session.connection();
    const who = await identity(signal);
    return { ...(who !== undefined && { identity: who }), ...(spec.region !== undefined && region !== spec.region && { region }) };
  } catch (thrown) {
    if (timeout.aborted && !outer?.aborted) fail('StoreUnavailable', `${spec.bucket}: no answer within ${PROBE_MS / 1_000} s`);
    throw thrown;
  }
}

/** A listing refused because of bucketOwner looks like any other. Where the bucket opens up without it, the owner is the reason. */
async function betterDenial(thrown: unknown, { bucket, bucketOwner }: S3Spec, session: Session, signal: AbortSignal): Promise<never> {
  if (bucketOwner === undefined || failureOf(thrown).reason !== 'AccessDenied') throw thrown;
  const { sdk } = session.connection();
  const exists = await sdk.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: signal }).then(
    () => true,
    () => false,
  );
  if (exists) fail('WrongBucketOwner', `bucket ${bucket} does not belong to account ${bucketOwner}`);
  throw thrown;
}

/** Reads one byte: listing and reading are granted apart. A file that went away meanwhile, or has no byte, proves it as well. */
async function readTest(spec: S3Spec, session: Session, file: StoredFile, signal: AbortSignal): Promise<void> {
  try {
    const open = body(spec, session, file, 1);
    for await (const _ of file.size > 0 ? resumed(open, { from: 0, size: 1, signal }) : await open(0, signal)) break;
  } catch (thrown) {
    const { reason } = failureOf(thrown);
    if (reason !== 'Deleted' && reason !== 'Superseded' && reason !== 'Archived') throw new Failed(failureOf(thrown));
  }
}

/** Opens the body of a file from an offset, up to `to` where given. */
function body(spec: S3Spec, session: Session, { key, version, size }: Pick<StoredFile, 'key' | 'version' | 'size'>, to?: number): OpenBody {
  const headers = terms(spec);
  const asked: Asked = { action: 's3:GetObject', on: `s3://${spec.bucket}/${key}` };
  return (from, signal) => {
    const get = { key, version, from, size, headers, ...(to !== undefined && to <= size && { to }) };
    return ask(session, asked, signal, (connection) => connection.get(spec.bucket, get, signal));
  };
}
