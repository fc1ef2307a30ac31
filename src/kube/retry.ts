import { type Backoff, backoffMs } from '../std/backoff.ts';
import type { Verb } from './answer.ts';
import type { KubeError } from './errors.ts';

const pace: Backoff = { baseMs: 200, maxMs: 5_000 };

/** Reading twice does no harm. Whether a write that broke was done is unknown: its caller has to look. */
const harmless: ReadonlySet<Verb> = new Set(['get', 'list', 'watch']);

/** How long to wait before a failed request is repeated, or undefined if repeating is not ours to decide. */
export function waitBeforeRetry(verb: Verb, error: KubeError, attempt: number, random?: () => number): number | undefined {
  if (!worthRepeating(verb, error)) return undefined;
  return Math.max(error.retryAfterMs ?? 0, backoffMs(pace, attempt, random));
}

function worthRepeating(verb: Verb, { kind, untouched }: KubeError): boolean {
  switch (kind) {
    case 'Throttled':
      return true;
    case 'ServerError':
    case 'Unreachable':
    case 'Timeout':
    case 'Garbled':
      return untouched || harmless.has(verb);
    default:
      return false;
  }
}
