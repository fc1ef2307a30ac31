import type { IncomingHttpHeaders } from 'node:http';
import { Failed, type Failure } from '../../api/failure.ts';
import type { Clock } from '../../std/clock.ts';
import type { OnRequest } from '../provider.ts';
import { retried } from '../retry.ts';
import { abortable, broken, retryAfter, text, type Web } from '../web.ts';
import { wordsOf } from '../words.ts';
import type { Allowance, Budget } from './budget.ts';
import { parseJson } from './json.ts';
import type { Pace } from './store.ts';

/** How one platform is asked over HTTP. */
export type Peer = {
  /** "Datadog" */
  readonly platform: string;
  readonly origin: string;
  /** What stands before the paths of the API, where a proxy leads to it. */
  readonly base: string;
  /** Headers that authorize a request; `renew` asks for new ones although the old ones seem good. */
  readonly authorize: (renew: boolean) => Promise<Readonly<Record<string, string>>>;
  /** Whether asking for new ones can help. */
  readonly renews: boolean;
  readonly web: Web;
  readonly onRequest?: OnRequest | undefined;
  readonly budget: Budget;
  readonly clock: Clock;
  /** What the headers of an answer say about the budget. */
  readonly allowance: (headers: IncomingHttpHeaders) => Allowance;
  /** The words in the body of an error. */
  readonly said: (body: unknown) => string | undefined;
  /** What an answer other than 200 means. */
  readonly refused: (refusal: Refusal) => Failure | Promise<Failure>;
};

export type Refusal = { readonly status: number; readonly words: string; readonly retryAfterMs?: number };

/** A page of the largest platforms is about 100 MB; ours are asked for in much smaller ones. */
const PAGE_BYTES = 128 * 1024 * 1024;
const ERROR_BYTES = 64 * 1024;
/** Azure may take three minutes for a query. */
const PAGE_MS = 190_000;

/** GETs a page of JSON: within the budget, with a new token where the old one has expired, and again where trouble passes. */
export async function page(peer: Peer, path: string, pace: Pace): Promise<unknown> {
  return retried(() => once(peer, path, pace, false), pace.signal, peer.clock);
}

async function once(peer: Peer, path: string, pace: Pace, renew: boolean): Promise<unknown> {
  const { origin, web, budget } = peer;
  for (;;) {
    const authorization = await abortable(peer.authorize(renew), pace.signal);
    await budget.turn(pace.patienceMs(), pace.signal);
    peer.onRequest?.('get');
    const limited = AbortSignal.any([AbortSignal.timeout(PAGE_MS), pace.signal]);
    try {
      const { status, headers, body } = await web.get({
        origin,
        path: peer.base + path,
        headers: { accept: 'application/json', ...authorization },
        signal: limited,
      });
      budget.told(peer.allowance(headers));
      if (status === 200) return json(peer, await text(body, PAGE_BYTES));
      if (status === 204) return undefined;
      const said = peer.said(parseJson(await text(body, ERROR_BYTES).catch(() => ''))) ?? '';
      const words = wordsOf(without(said, authorization));
      if (status === 401 && peer.renews && !renew) return once(peer, path, pace, true);
      const { retryAfterMs } = retryAfter(headers['retry-after'], peer.clock.now());
      if (retryAfterMs !== undefined) budget.told({ retryAfterMs });
      const failure = await peer.refused({ status, words, ...(retryAfterMs !== undefined && { retryAfterMs }) });
      // The budget now knows how long to wait, and whether this reading is patient enough.
      if (failure.reason === 'Throttled' && !budget.isOpen()) continue;
      throw new Failed(failure);
    } catch (thrown) {
      pace.signal.throwIfAborted();
      if (limited.aborted)
        throw new Failed({ reason: 'StoreUnavailable', message: `${peer.platform}: no whole answer within ${PAGE_MS / 1_000} s` });
      throw broken(thrown, origin, pace.signal);
    }
  }
}

/** A server may repeat what it was shown; nobody else is to see it. */
function without(said: string, authorization: Readonly<Record<string, string>>): string {
  const secrets = Object.values(authorization).flatMap((value) => value.split(' ').filter((word) => word.length >= 8));
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), said);
}

function json({ platform, origin }: Peer, body: string): unknown {
  const parsed = parseJson(body);
  if (parsed !== undefined) return parsed;
  throw new Failed({ reason: 'StoreProtocolError', message: `${new URL(origin).host} does not answer like ${platform}: this is not JSON` });
}

/** What most statuses mean at every platform. `grant` names what to allow, `place` what is read. */
export function commonRefusal(
  { status, words, retryAfterMs }: Refusal,
  {
    platform,
    place,
    grant,
    credential,
  }: { readonly platform: string; readonly place: string; readonly grant: string; readonly credential: string },
): Failure {
  const said = words && ` (${words})`;
  const after = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status === 401 && /expired/i.test(words)) return { reason: 'ExpiredToken', message: `${platform}: ${credential} has expired${said}` };
  if (status === 401) return { reason: 'InvalidToken', message: `${platform} does not accept ${credential}${said}` };
  if (status === 403) return { reason: 'AccessDenied', message: `${grant}${said}` };
  if (status === 404) return { reason: 'NoSuchBucket', message: `${platform} knows no ${place}${said}` };
  if (status === 429) return { reason: 'Throttled', message: `${platform} asks for fewer requests${said}`, ...after };
  if (status === 408 || status >= 500) return { reason: 'StoreUnavailable', message: `${platform} answered ${status}${said}`, ...after };
  return { reason: 'StoreProtocolError', message: `${platform} answered ${status}${said}` };
}

/** For a reading of which only some parts came: it is never passed off as whole. */
export const incomplete = (platform: string, what: string): Failed =>
  new Failed({ reason: 'StoreUnavailable', message: `${platform} gave only a part: ${what}` });

/** A probe has little time, so it does not wait for the budget. */
export const probePace = (signal: AbortSignal): Pace => ({ signal, patienceMs: () => 3_000 });
