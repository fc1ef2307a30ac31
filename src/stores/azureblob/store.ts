import { fail, failureOf } from '../../api/failure.ts';
import { resumed } from '../resume.ts';
import { retried } from '../retry.ts';
import type { ListOptions, Page, Probe, Store, StoredFile } from '../store.ts';
import { compareUtf8 } from '../utf8-order.ts';
import { abortable, broken, discard } from '../web.ts';
import type { Container } from './container.ts';

export type AzureBlobPlace = {
  readonly location: string;
  readonly prefix: string;
  readonly origin: string;
  readonly container: Container;
  readonly identity: () => Promise<string | undefined>;
  readonly idleMs?: number | undefined;
};

const PROBE_MS = 10_000;
const PAGE_CAP = 5_000;

/** One container of Azure Blob Storage. */
export function azureBlobStore(place: AzureBlobPlace, close: () => void): Store {
  return {
    location: place.location,
    probe: (signal) => probe(place, signal),
    list: (options = {}) => list(place, options),
    open: (file, { from = 0, signal } = {}) =>
      resumed((at, each) => body(place, file, at, each), { from, size: file.size, signal, idleMs: place.idleMs }),
    close,
  };
}

async function probe(place: AzureBlobPlace, signal?: AbortSignal): Promise<Probe> {
  const late = AbortSignal.timeout(PROBE_MS);
  const either = signal ? AbortSignal.any([signal, late]) : late;
  try {
    const { files } = await retried(() => place.container.list({ prefix: place.prefix, maxPageSize: 5 }, either), either);
    const readable = files.find(({ archived }) => !archived);
    if (readable) await canRead(place, readable, either);
    const identity = await abortable(place.identity(), either);
    return identity === undefined ? {} : { identity };
  } catch (thrown) {
    signal?.throwIfAborted();
    if (late.aborted) fail('StoreUnavailable', `${new URL(place.origin).host} did not answer within ${PROBE_MS / 1000} s`);
    throw thrown;
  }
}

/** Reads one byte. A file that went away in between says nothing about permissions. */
async function canRead({ container, origin }: AzureBlobPlace, file: StoredFile, signal: AbortSignal): Promise<void> {
  try {
    discard(await retried(() => container.get(file, 0, file.size > 0 ? 1 : undefined, signal), signal));
  } catch (thrown) {
    const failure = failureOf(broken(thrown, origin, signal));
    if (failure.reason !== 'Deleted' && failure.reason !== 'Superseded' && failure.reason !== 'Archived') throw thrown;
  }
}

async function* list({ container, ...place }: AzureBlobPlace, options: ListOptions): AsyncGenerator<Page, void, undefined> {
  const { prefix = place.prefix, startAfter, delimiter, pageSize = PAGE_CAP, signal } = options;
  const query = { prefix, delimiter, startFrom: startFromFor(startAfter), maxPageSize: Math.min(pageSize, PAGE_CAP) };
  let marker: string | undefined;
  do {
    const { files, folders, next } = await retried(() => container.list({ ...query, marker }, signal), signal);
    // startFrom is inclusive, and older services do not know it and begin at the beginning.
    yield { files: startAfter === undefined ? files : files.filter(({ key }) => compareUtf8(key, startAfter) > 0), folders };
    if (next && next === marker) fail('StoreProtocolError', `${place.location}: the listing does not move on`);
    marker = next;
  } while (marker);
}

/**
 * Where the service may begin. Nobody says whether it sorts by UTF-8 bytes or by UTF-16 units; the two orders agree about every key
 * that a start key without surrogates and what lies behind them is compared with, and for others we look at all keys.
 */
export const startFromFor = (startAfter: string | undefined): string | undefined =>
  startAfter !== undefined && /[\ud800-\uffff]/.test(startAfter) ? undefined : startAfter;

/** One attempt at a body. */
async function* body(
  place: AzureBlobPlace,
  file: Pick<StoredFile, 'key' | 'version'>,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const content = await place.container.get(file, from, undefined, signal).catch((thrown) => told(place, file, thrown, signal));
  try {
    for await (const chunk of content) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  } catch (thrown) {
    throw broken(thrown, place.origin, signal);
  }
}

/**
 * A blob that is gone can fail the precondition like one that was replaced, and a key with `.` or `..` as a segment leads the SDK to
 * another blob. Both would pass for an end of the file, so a listing is asked what is really there.
 */
async function told(
  { container }: AzureBlobPlace,
  file: Pick<StoredFile, 'key' | 'version'>,
  thrown: unknown,
  signal: AbortSignal,
): Promise<never> {
  const { reason } = failureOf(thrown);
  if (signal.aborted || (reason !== 'Superseded' && reason !== 'Deleted')) throw thrown;
  const listing = await container.list({ prefix: file.key, maxPageSize: 1 }, signal).catch(() => undefined);
  const [there] = listing?.files ?? [];
  if (there?.key === file.key && there.version === file.version)
    fail('Unreadable', `${file.key} is listed, but cannot be read under this name`);
  if (listing && there?.key !== file.key) fail('Deleted', `${file.key} is gone`);
  throw thrown;
}
