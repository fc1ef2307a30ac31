import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { rootCertificates } from 'node:tls';
import { Failed, fail, isFailed } from '../api/failure.ts';
import { guardedDispatcher } from '../std/egress-undici.ts';
import { networkFailure } from './network-failure.ts';
import type { StoreOptions } from './provider.ts';

/** One GET. The path is sent as it is: no part of a key is ever folded away. */
export type WebRequest = {
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
};

export type WebAnswer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Readable };

/**
 * HTTP for stores that bring no transport of their own. It only knows GET, so nothing can be written through it, and a redirect is an
 * answer like any other, so no credential follows one.
 */
export type Web = { readonly get: (request: WebRequest) => Promise<WebAnswer>; readonly close: () => void };

/** The connections of one store: its own authority beside the known ones, the guard, the proxy, time-outs. A body is watched by who reads it. */
export function web({ allowLoopback, proxy }: StoreOptions, ca?: string, headersTimeoutMs = 20_000): Web {
  const dispatcher = guardedDispatcher(
    { allowLoopback },
    { proxy, ...(ca && { ca: [...rootCertificates, ca] }), headersTimeoutMs, bodyTimeoutMs: 0 },
  );
  return {
    get: async ({ origin, path, headers, signal }) => {
      try {
        const answer = await dispatcher.request({ origin, path, method: 'GET', headers: { ...headers }, signal: signal ?? null });
        // Letting go of a body early is an error to undici, which would end the process where nobody listens.
        answer.body.on('error', () => undefined);
        return { status: answer.statusCode, headers: answer.headers, body: answer.body };
      } catch (thrown) {
        throw broken(thrown, origin, signal);
      }
    },
    close: () => void dispatcher.destroy(),
  };
}

/** What to throw when a connection or a body broke: the reason of an abort as it is, everything else as a failure. */
export function broken(thrown: unknown, origin: string, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (isFailed(thrown)) return thrown;
  const host = new URL(origin).host;
  return new Failed(
    networkFailure(thrown, host) ?? { reason: 'StoreUnavailable', message: `${host}: the connection broke`, cause: thrown },
  );
}

/** Stops waiting for work that knows no signal, such as a library that fetches a token. The work itself goes on. */
export function abortable<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Lets go of a body that nobody wants, and so of its connection. */
export function discard(body: NodeJS.ReadableStream): void {
  body.on('error', () => undefined);
  if (body instanceof Readable) body.destroy();
}

/** The text of a body of bounded size: a page of a listing, or an error. */
export async function text(body: Readable, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) fail('StoreProtocolError', `the answer is longer than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString('utf8');
}

/** `Retry-After` in milliseconds, in either of its forms. */
export function retryAfter(value: string | undefined, now: number): { readonly retryAfterMs?: number } {
  if (!value) return {};
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? { retryAfterMs: Math.max(0, ms) } : {};
}
