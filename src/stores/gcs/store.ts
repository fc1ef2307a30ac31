import { fail, failureOf } from '../../api/failure.ts';
import { resumed } from '../resume.ts';
import { retried } from '../retry.ts';
import type { ListOptions, Page, Probe, Store, StoredFile } from '../store.ts';
import { compareUtf8 } from '../utf8-order.ts';
import { abortable, broken, discard } from '../web.ts';
import { type Api, api, type Bucket } from './api.ts';

export type GcsPlace = Bucket & { readonly location: string; readonly prefix: string; readonly idleMs?: number | undefined };

const PROBE_MS = 10_000;
const PAGE_CAP = 1_000;

/** One bucket of Google Cloud Storage, or of a server that speaks its JSON API. Archive classes are read like any other there. */
export function gcsStore(place: GcsPlace, close: () => void): Store {
  const calls = api(place);
  return {
    location: place.location,
    probe: (signal) => probe(place, calls, signal),
    list: (options = {}) => list(place, calls, options),
    open: (file, { from = 0, signal } = {}) =>
      resumed((at, each) => body(place, calls, file, at, each), { from, size: file.size, signal, idleMs: place.idleMs }),
    close,
  };
}

async function probe(place: GcsPlace, calls: Api, signal?: AbortSignal): Promise<Probe> {
  const late = AbortSignal.timeout(PROBE_MS);
  const either = signal ? AbortSignal.any([signal, late]) : late;
  try {
    const { files } = await retried(() => calls.list({ prefix: place.prefix, maxResults: 1 }, either), either);
    if (files[0]) await canRead(place, calls, files[0], either);
    const identity = await abortable(place.identity.name(), either);
    return identity === undefined ? {} : { identity };
  } catch (thrown) {
    signal?.throwIfAborted();
    if (late.aborted) fail('StoreUnavailable', `${new URL(place.origin).host} did not answer within ${PROBE_MS / 1000} s`);
    throw thrown;
  }
}

/** Reads one byte. A file that went away in between says nothing about permissions. */
async function canRead({ origin }: GcsPlace, calls: Api, file: StoredFile, signal: AbortSignal): Promise<void> {
  try {
    discard(await retried(() => calls.get(file, file.size > 0 ? 'bytes=0-0' : undefined, signal), signal));
  } catch (thrown) {
    const failure = failureOf(broken(thrown, origin, signal));
    if (failure.reason !== 'Deleted' && failure.reason !== 'Superseded') throw thrown;
  }
}

async function* list(place: GcsPlace, calls: Api, options: ListOptions): AsyncGenerator<Page, void, undefined> {
  const { prefix = place.prefix, startAfter, delimiter, pageSize = PAGE_CAP, signal } = options;
  const query = { prefix, startOffset: startAfter, delimiter, maxResults: Math.min(pageSize, PAGE_CAP) };
  let pageToken: string | undefined;
  do {
    const { files, folders, next } = await retried(() => calls.list({ ...query, pageToken }, signal), signal);
    // startOffset is inclusive, ours is not.
    yield { files: startAfter === undefined ? files : files.filter(({ key }) => compareUtf8(key, startAfter) > 0), folders };
    if (next !== undefined && next === pageToken) fail('StoreProtocolError', `bucket ${place.bucket}: the listing does not move on`);
    pageToken = next;
  } while (pageToken !== undefined);
}

/** One attempt at a body, as it is stored: unpacking and its limits are not the store's business. */
async function* body(
  { origin }: GcsPlace,
  calls: Api,
  file: Pick<StoredFile, 'key' | 'version'>,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const content = await calls.get(file, from > 0 ? `bytes=${from}-` : undefined, signal);
  try {
    yield* content;
  } catch (thrown) {
    throw broken(thrown, origin, signal);
  }
}
