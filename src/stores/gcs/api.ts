import type { Readable } from 'node:stream';
import { z } from 'zod';
import { Failed, fail } from '../../api/failure.ts';
import { systemClock } from '../../std/clock.ts';
import type { OnRequest } from '../provider.ts';
import type { StoredFile } from '../store.ts';
import { abortable, broken, discard, retryAfter, text, type Web, type WebAnswer } from '../web.ts';
import { type Attempt, refused } from './errors.ts';
import type { Identity } from './identity.ts';

/** The two calls of the JSON API that Spanferry makes. */
export type Api = {
  readonly list: (query: ListQuery, signal?: AbortSignal) => Promise<Listing>;
  readonly get: (file: Pick<StoredFile, 'key' | 'version'>, range: string | undefined, signal?: AbortSignal) => Promise<Readable>;
};

type ListQuery = {
  readonly prefix: string;
  readonly startOffset?: string | undefined;
  readonly delimiter?: string | undefined;
  readonly maxResults: number;
  readonly pageToken?: string | undefined;
};

type Listing = { readonly files: readonly StoredFile[]; readonly folders: readonly string[]; readonly next?: string | undefined };

export type Bucket = {
  readonly origin: string;
  /** What stands before `/storage/v1`, where a proxy leads to the store. */
  readonly path: string;
  readonly bucket: string;
  readonly identity: Identity;
  readonly web: Web;
  readonly onRequest?: OnRequest | undefined;
};

const PAGE_BYTES = 64 * 1024 * 1024;
const ERROR_BYTES = 64 * 1024;
const PAGE_MS = 60_000;

const FIELDS = 'nextPageToken,prefixes,items(name,generation,size,timeCreated,updated)';

const page = z.object({
  nextPageToken: z.string().optional(),
  prefixes: z.array(z.string()).optional(),
  items: z
    .array(
      z.object({
        name: z.string(),
        generation: z.coerce.string(),
        size: z.coerce.number(),
        timeCreated: z.string().optional(),
        updated: z.string().optional(),
      }),
    )
    .optional(),
});

const errorBody = z.object({
  error: z.object({ message: z.string().optional(), errors: z.array(z.object({ reason: z.string().optional() })).optional() }),
});

/** Speaks the JSON API of one bucket. */
export function api(place: Bucket): Api {
  const base = `${place.path}/storage/v1/b/${encodeURIComponent(place.bucket)}/o`;
  return {
    list: async (query, signal) => {
      const limited = AbortSignal.any([AbortSignal.timeout(PAGE_MS), ...(signal ? [signal] : [])]);
      try {
        const { body } = await call(place, `${base}?${parameters(query)}`, { permission: 'storage.objects.list' }, limited);
        return listing(await text(body, PAGE_BYTES), place.bucket);
      } catch (thrown) {
        throw signal?.aborted ? signal.reason : broken(thrown, place.origin);
      }
    },
    get: async ({ key, version }, range, signal) => {
      const attempt = { permission: 'storage.objects.get', key } as const;
      const path = `${base}/${encodeURIComponent(key)}?alt=media&ifGenerationMatch=${encodeURIComponent(version)}`;
      const answer = await call(place, path, attempt, signal, { 'accept-encoding': 'gzip', ...(range && { range }) });
      return pinned(answer, { key, version }, range);
    },
  };
}

/** Some servers ignore the precondition, or the range; what they send is not what was asked for. */
function pinned(
  { status, headers, body }: WebAnswer,
  { key, version }: Pick<StoredFile, 'key' | 'version'>,
  range: string | undefined,
): Readable {
  const generation = headers['x-goog-generation'];
  if (generation !== undefined && generation !== version) {
    discard(body);
    fail('Superseded', `${key} has new content`);
  }
  if (range !== undefined && status !== 206) {
    discard(body);
    fail('StoreProtocolError', `${key}: the store does not honour Range`);
  }
  return body;
}

/** One authorized GET. A token that has expired earlier than it said is renewed once. */
async function call(
  place: Bucket,
  path: string,
  attempt: Pick<Attempt, 'permission' | 'key'>,
  signal?: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
  renew = false,
): Promise<WebAnswer> {
  const authorization = await abortable(place.identity.authorize(place.origin, renew), signal);
  place.onRequest?.(attempt.permission === 'storage.objects.list' ? 'list' : 'get');
  const answer = await place.web.get({ origin: place.origin, path, headers: { ...authorization, ...headers }, signal });
  if (answer.status === 200 || answer.status === 206) return answer;
  const said = errorText(await text(answer.body, ERROR_BYTES).catch(() => ''));
  if (answer.status === 401 && 'authorization' in authorization && !renew) return call(place, path, attempt, signal, headers, true);
  const refusal = { status: answer.status, ...said, ...retryAfter(answer.headers['retry-after'], systemClock.now()) };
  const identity = 'authorization' in authorization ? ((await place.identity.name()) ?? 'the identity of the operator') : undefined;
  throw new Failed(refused(refusal, { ...attempt, bucket: place.bucket, ...(identity && { identity }) }));
}

/** What an error says: JSON where it comes from the API, a bare sentence where it is about alt=media. Pages of HTML say nothing. */
function errorText(body: string): { readonly reason?: string; readonly message?: string } {
  const parsed = errorBody.safeParse(json(body));
  if (!parsed.success) return /[<{]/.test(body) || body === '' ? {} : { message: body };
  const { message, errors } = parsed.data.error;
  const reason = errors?.[0]?.reason;
  return { ...(reason && { reason }), ...(message && { message }) };
}

function listing(body: string, bucket: string): Listing {
  const parsed = page.safeParse(json(body));
  if (!parsed.success) fail('StoreProtocolError', `bucket ${bucket}: the answer is not a listing of Google Cloud Storage`);
  const { items = [], prefixes = [], nextPageToken } = parsed.data;
  // The time of this content: `updated` also moves when somebody edits metadata.
  const files = items.map(({ name, generation, size, timeCreated, updated }) => {
    return { key: name, version: generation, size, modifiedTime: Date.parse(timeCreated ?? updated ?? '') || 0 };
  });
  return { files, folders: prefixes, next: nextPageToken || undefined };
}

function parameters({ prefix, startOffset, delimiter, maxResults, pageToken }: ListQuery): URLSearchParams {
  const query = new URLSearchParams({ maxResults: String(maxResults), fields: FIELDS });
  if (prefix) query.set('prefix', prefix);
  if (startOffset) query.set('startOffset', startOffset);
  if (delimiter) query.set('delimiter', delimiter);
  if (pageToken) query.set('pageToken', pageToken);
  return query;
}

function json(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
