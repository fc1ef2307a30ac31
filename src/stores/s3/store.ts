import { HeadBucketCommand, ListObjectsV2Command, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { Failed, fail, failureOf } from '../../api/failure.ts';
import { type OpenBody, resumed } from '../resume.ts';
import type { S3Spec } from '../spec.ts';
import type { ListOptions, Page, Probe, Store, StoredFile } from '../store.ts';
import { compareUtf8 } from '../utf8-order.ts';
import { s3Place } from './place.ts';
import type { Asked } from './refusal.ts';
import { ask, notS3, type Session } from './session.ts';

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
  const prefix = options.prefix ?? spec.prefix ?? '';
  let token: string | undefined;
  do {
    const answer = await listPage(spec, session, { prefix, startAfter, delimiter, pageSize, token, signal });
    yield pageOf(answer, startAfter);
    const next = answer.IsTruncated ? answer.NextContinuationToken : undefined;
    if (next !== undefined && next === token) fail('StoreProtocolError', `${spec.bucket}: the listing does not advance`);
    token = next;
  } while (token !== undefined);
}

type PageRequest = {
  readonly prefix: string;
  readonly startAfter?: string | undefined;
  readonly delimiter?: string | undefined;
  readonly pageSize?: number | undefined;
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
};

async function listPage(spec: S3Spec, session: Session, { prefix, startAfter, delimiter, pageSize, token, signal }: PageRequest) {
  const command = new ListObjectsV2Command({
    Bucket: spec.bucket,
    Prefix: prefix,
    EncodingType: 'url',
    // Only on the first page: afterwards the token says where we are.
    ...(token === undefined ? { StartAfter: startAfter } : { ContinuationToken: token }),
    ...(delimiter !== undefined && { Delimiter: delimiter }),
    ...(pageSize !== undefined && { MaxKeys: pageSize }),
    ...(spec.bucketOwner !== undefined && { ExpectedBucketOwner: spec.bucketOwner }),
    ...(spec.requesterPays && { RequestPayer: 'requester' as const }),
  });
  const answer = await ask(session, listAsked(spec), signal, ({ sdk }) => sdk.send(command, signal && { abortSignal: signal }));
  // A web page parses as XML too, and would pass for an empty bucket.
  return answer.Name === undefined && answer.KeyCount === undefined ? notS3(spec.bucket) : answer;
}

const listAsked = ({ bucket, prefix }: S3Spec): Asked => ({ action: 's3:ListBucket', on: `s3://${bucket}/${prefix ?? ''}` });

function pageOf({ Contents = [], CommonPrefixes = [], EncodingType }: ListObjectsV2CommandOutput, startAfter: string | undefined): Page {
  // A form's encoding: a space came as `+`. Servers that ignore the wish do not repeat it.
  const decode = (text: string) => (EncodingType === 'url' ? decodeURIComponent(text.replaceAll('+', '%20')) : text);
  const files = Contents.flatMap(({ Key, ETag, Size, LastModified, StorageClass }): readonly StoredFile[] => {
    if (Key === undefined || ETag === undefined) return [];
    const key = decode(Key);
    if (startAfter !== undefined && compareUtf8(key, startAfter) <= 0) return [];
    const archived = StorageClass === 'GLACIER' || StorageClass === 'DEEP_ARCHIVE';
    return [
      {
        key,
        version: ETag.replaceAll('"', ''),
        size: Size ?? 0,
        modifiedTime: LastModified?.getTime() ?? 0,
        ...(archived && { archived }),
      },
    ];
  });
  return { files, folders: CommonPrefixes.flatMap(({ Prefix }) => (Prefix === undefined ? [] : [decode(Prefix)])) };
}

async function probe(spec: S3Spec, session: Session, outer: AbortSignal | undefined): Promise<Probe> {
  const timeout = AbortSignal.timeout(PROBE_MS);
  const signal = outer ? AbortSignal.any([outer, timeout]) : timeout;
  try {
    const answer = await listPage(spec, session, { prefix: spec.prefix ?? '', pageSize: 1, signal }).catch((thrown: unknown) =>
      betterDenial(thrown, spec, session, signal),
    );
    const [file] = pageOf(answer, undefined).files;
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
  const headers = {
    ...(spec.bucketOwner !== undefined && { 'x-amz-expected-bucket-owner': spec.bucketOwner }),
    ...(spec.requesterPays && { 'x-amz-request-payer': 'requester' }),
  };
  const asked: Asked = { action: 's3:GetObject', on: `s3://${spec.bucket}/${key}` };
  return (from, signal) => {
    const get = { key, version, from, size, headers, ...(to !== undefined && to <= size && { to }) };
    return ask(session, asked, signal, (connection) => connection.get(spec.bucket, get, signal));
  };
}
