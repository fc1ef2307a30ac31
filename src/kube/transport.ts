import type { Dispatcher } from 'undici';
import { isFailed } from '../api/failure.ts';
import type { Clock } from '../std/clock.ts';
import type { Access, Credentials } from './access.ts';
import { type Asked, opening, outage, refusal } from './answer.ts';
import { isKube, KubeError } from './errors.ts';
import { fenced } from './fence.ts';
import type { Limit } from './limit.ts';
import { poolsOf } from './pools.ts';
import type { CallOptions } from './resource.ts';
import { waitBeforeRetry } from './retry.ts';

/** One call to the API server. */
export type Call = Asked &
  CallOptions & {
    readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    readonly path: string;
    readonly query?: Readonly<Record<string, string | undefined>>;
    readonly body?: unknown;
    readonly contentType?: string;
    /** How long a stream may stay silent, asked before each wait. */
    readonly idleMs?: (() => number) | undefined;
  };

/** What happened to one request; becomes rest_client_requests_total and rest_client_request_duration_seconds. */
export type Observed = Asked & { readonly method: string; readonly host: string; readonly code: string; readonly seconds: number };

export type Transport = {
  /** The parsed answer. Repeats what may be repeated until the deadline. */
  readonly request: (call: Call) => Promise<unknown>;
  /** The open body of an answer that does not end by itself; the caller's signal closes it. */
  readonly stream: (call: Call) => Promise<AsyncIterable<Uint8Array>>;
  /** Breaks what is under way. */
  readonly close: () => Promise<void>;
};

export type TransportOptions = {
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly userAgent: string;
  /** The write budget, of which each try takes its part. Reads and urgent calls pass it by. */
  readonly writes?: Limit;
  readonly observe?: (observed: Observed) => void;
  readonly random?: () => number;
  readonly connections?: number;
};

const DEADLINE_MS = 30_000;
/** A single try may not eat the whole deadline: the next one may meet a server that lives. */
const TRY_MS = 10_000;

/** The only way to the API server: few connections, a deadline on every call, errors of one kind. */
export function transport(options: TransportOptions): Transport {
  const { credentials, clock, writes, random } = options;
  const pools = poolsOf(options.connections ?? 32);

  /** One try, and a second one with a new credential if the first was refused. */
  const authorized = async <T>(call: Call, attempt: (access: Access) => Promise<T>): Promise<T> => {
    const access = await credentials.current();
    try {
      return await attempt(access);
    } catch (error) {
      if (!isKube(error, 'Unauthorized')) throw error;
      const renewed = await credentials.renew(access);
      if (renewed === access) throw error;
      call.signal?.throwIfAborted();
      return attempt(renewed);
    }
  };

  const send = async (call: Call, access: Access, via: Dispatcher, signal: AbortSignal): Promise<Dispatcher.ResponseData> => {
    const { method, path, body, contentType = 'application/json' } = call;
    const headers: Record<string, string> = { ...access.headers, accept: 'application/json', 'user-agent': options.userAgent };
    if (body !== undefined) headers['content-type'] = contentType;
    return (call.fence ? fenced(via, call.fence) : via).request({
      origin: access.origin,
      method,
      path: `${access.prefix}${path}${queryOf(call)}`,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      // A DELETE with a body, as Kubernetes wants it, would cost its connection: undici trusts no server to read that body.
      reset: false,
      signal,
    });
  };

  /** Runs one try under a time limit, tells the observer, and turns whatever breaks into a KubeError. */
  const attempt = async <T>(
    call: Call,
    access: Access,
    limitMs: number,
    work: (signal: AbortSignal) => Promise<[string, T]>,
  ): Promise<T> => {
    call.signal?.throwIfAborted();
    const started = clock.monotonic();
    const timer = new AbortController();
    const timeout = setTimeout(() => timer.abort(), limitMs);
    const onAbort = () => timer.abort();
    call.signal?.addEventListener('abort', onAbort, { once: true });
    let code = '<error>';
    try {
      const [status, value] = await work(timer.signal);
      code = status;
      return value;
    } catch (thrown) {
      call.signal?.throwIfAborted();
      if (thrown instanceof KubeError) {
        code = String(thrown.code);
        throw thrown;
      }
      if (isFailed(thrown)) throw thrown;
      if (timer.signal.aborted) throw new KubeError('Timeout', `${opening('Timeout', call)}: no answer within ${Math.round(limitMs)} ms`);
      throw outage(call, thrown);
    } finally {
      clearTimeout(timeout);
      call.signal?.removeEventListener('abort', onAbort);
      const { verb, resource, method } = call;
      options.observe?.({ verb, resource, method, host: access.origin, code, seconds: (clock.monotonic() - started) / 1_000 });
    }
  };

  const once = (call: Call, limitMs: number): Promise<unknown> =>
    authorized(call, (access) =>
      attempt(call, access, limitMs, async (signal) => {
        const { statusCode, headers, body } = await send(call, access, pools.for(access).requests, signal);
        return [String(statusCode), checked(call, statusCode, headers, await body.text())];
      }),
    );

  const request = async (call: Call): Promise<unknown> => {
    const limit = call.method === 'GET' || call.urgent ? undefined : writes;
    let end = clock.monotonic() + (call.deadlineMs ?? DEADLINE_MS);
    const attempted = async (): Promise<unknown> => {
      const asked = clock.monotonic();
      const answered = await limit?.take(call.signal);
      // The server is not to blame for what our own budget took.
      end += clock.monotonic() - asked;
      try {
        return await once(call, Math.min(TRY_MS, end - clock.monotonic()));
      } finally {
        answered?.();
      }
    };
    for (let tries = 0; ; tries++) {
      try {
        return await attempted();
      } catch (error) {
        const wait = error instanceof KubeError ? waitBeforeRetry(call.verb, error, tries, random) : undefined;
        if (wait === undefined || clock.monotonic() + wait >= end) throw error;
        await clock.sleep(wait, call.signal);
      }
    }
  };

  /** Opens once and never repeats: whoever watches has to decide anew from where. */
  const stream = (call: Call): Promise<AsyncIterable<Uint8Array>> =>
    authorized(call, async (access) => {
      // The signal of the try must not outlive the headers, so the body gets one of its own.
      const life = new AbortController();
      const body = await attempt(call, access, call.deadlineMs ?? TRY_MS, async (signal) => {
        const abort = () => life.abort();
        signal.addEventListener('abort', abort, { once: true });
        const answer = await send(call, access, pools.for(access).watches, life.signal);
        if (answer.statusCode !== 200) checked(call, answer.statusCode, answer.headers, await answer.body.text());
        signal.removeEventListener('abort', abort);
        return ['200', answer.body];
      });
      // From now on, not from the first chunk that is asked for: a caller that never asks for one still closes the connection.
      const abort = () => life.abort();
      call.signal?.addEventListener('abort', abort, { once: true });
      if (call.signal?.aborted) abort();
      return chunks(call, body, life, abort);
    });

  return { request, stream, close: pools.close };
}

/** The chunks of a body; leaving the loop, the caller's signal (by `abort`), silence or an error closes the connection. */
async function* chunks(
  call: Call,
  body: Dispatcher.ResponseData['body'],
  life: AbortController,
  abort: () => void,
): AsyncGenerator<Uint8Array, void> {
  let silence: NodeJS.Timeout | undefined;
  // It runs only while we wait for the server, not while the reader is busy.
  const listen = () => {
    if (call.idleMs) silence = setTimeout(abort, call.idleMs());
  };
  try {
    call.signal?.throwIfAborted();
    listen();
    for await (const chunk of body) {
      clearTimeout(silence);
      yield chunk;
      listen();
    }
  } catch (thrown) {
    call.signal?.throwIfAborted();
    throw life.signal.aborted ? new KubeError('Timeout', `${opening('Timeout', call)}: the connection fell silent`) : outage(call, thrown);
  } finally {
    clearTimeout(silence);
    call.signal?.removeEventListener('abort', abort);
    life.abort();
  }
}

function checked(call: Call, code: number, headers: Dispatcher.ResponseData['headers'], text: string): unknown {
  const body = parsed(text);
  if (code < 200 || code >= 300) {
    const retryAfter = headers['retry-after'];
    throw refusal(call, code, body, typeof retryAfter === 'string' ? retryAfter : undefined);
  }
  if (body === undefined) throw new KubeError('Garbled', `${opening('Garbled', call)}: the answer is not JSON`, { code });
  return body;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function queryOf({ query }: Call): string {
  const given = Object.entries(query ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}
