import type { Failure } from '../api/failure.ts';
import type { Reason } from '../api/reasons.ts';
import { type Answer, cleaned, type HttpAnswer, header, isHtml, partialSuccessOf, wordsOf } from './answer.ts';
import { troubleOf } from './trouble.ts';

/** What one answer means for the spans that were sent. */
export type Verdict =
  | { readonly is: 'accepted'; readonly rejected: number; readonly words: string }
  | { readonly is: 'tooLarge'; readonly words: string }
  | { readonly is: 'refused'; readonly words: string }
  /** Not the fault of the spans. `of` says who shares the trouble: all that use the endpoint, or all that use it with this credential. */
  | { readonly is: 'trouble'; readonly of: 'endpoint' | 'credential'; readonly failure: Failure };

/** Where the answer came from: the endpoint as people may see it, and what must not be seen. */
export type Origin = { readonly shown: string; readonly secrets: readonly string[] };

/** Nobody waits longer than this because of one header. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** Reads an answer. Pure: `now` is for a Retry-After that names a date. */
export function judge(answer: Answer, origin: Origin, now: number): Verdict {
  if ('error' in answer) {
    const failure = troubleOf(answer.error, origin.shown, origin.secrets);
    return { is: 'trouble', of: failure.reason === 'DestinationUnavailable' ? 'endpoint' : 'credential', failure };
  }
  const { status } = answer;
  if (status >= 200 && status < 300) return accepted(answer, origin);
  if (status === 413) return { is: 'tooLarge', words: wordsOf(answer, origin.secrets) };
  if (status === 400 || status === 422) return { is: 'refused', words: wordsOf(answer, origin.secrets) };
  const retryAfterMs = retryAfter(header(answer, 'retry-after'), now);
  const failure = { reason: reasonOf(status), message: sentence(answer, origin), ...(retryAfterMs !== undefined && { retryAfterMs }) };
  return { is: 'trouble', of: isOfEndpoint(status) ? 'endpoint' : 'credential', failure };
}

function accepted(answer: HttpAnswer, origin: Origin): Verdict {
  // The login page of a proxy is no acknowledgement.
  if (isHtml(answer)) {
    const message = `${origin.shown} answers ${answer.status} with a page for people, not with OTLP`;
    return { is: 'trouble', of: 'credential', failure: { reason: 'DestinationRefused', message } };
  }
  return { is: 'accepted', ...partialSuccessOf(answer, origin.secrets) };
}

function reasonOf(status: number): Reason {
  if (status === 401 || status === 403 || status === 407) return 'CredentialError';
  if (status === 408 || status === 425 || status === 429 || status >= 500) return 'DestinationUnavailable';
  return 'DestinationRefused';
}

/** A 429 limits a caller, so it waits alone with its credential: at a shared service one tenant's quota is not another's. */
const isOfEndpoint = (status: number): boolean => status === 408 || status === 425 || status >= 500;

function sentence(answer: HttpAnswer, { shown, secrets }: Origin): string {
  if (answer.status < 300 || answer.status >= 400) return `${shown} answered ${wordsOf(answer, secrets)}`;
  return `${shown} redirects${target(header(answer, 'location'), shown, secrets)} (${answer.status}); redirects are not followed`;
}

/** Where a redirect points, without its query, which may hold a token. */
function target(location: string | undefined, shown: string, secrets: readonly string[]): string {
  if (location === undefined || !URL.canParse(location, shown)) return '';
  const { origin, pathname } = new URL(location, shown);
  return ` to ${cleaned(`${origin}${pathname}`, secrets, 200)}`;
}

/** Seconds or a date, as milliseconds from now. */
export function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\s*\d+\s*$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(LONGEST_RETRY_AFTER_MS, Math.max(0, ms));
}
