import type { Dispatcher } from 'undici';
import type { Answer } from './answer.ts';
import { encodings } from './compress.ts';
import type { Destination } from './destination.ts';

/** An answer is read up to here; nobody needs more to say what was wrong. */
const MAX_ANSWER_BYTES = 65_536;

/** The headers of every request to a destination, as undici takes them without looking again. */
export function requestHeaders({ headers, compression }: Destination, userAgent: string): readonly string[] {
  const encoding = encodings[compression];
  const all = {
    'user-agent': userAgent,
    ...headers,
    'content-type': 'application/x-protobuf',
    ...(encoding && { 'content-encoding': encoding }),
  };
  return Object.entries(all).flat();
}

/** Nothing was written, since this worker may not send any more. */
export class Fenced extends Error {}

/**
 * Posts one body and waits for the whole answer, whatever it is. Rejects only with the signal's reason, or as `Fenced`; trouble of the
 * network is an answer, too. Redirects are not followed. The body is written as it is, without a copy.
 */
export function post(
  dispatcher: Dispatcher,
  { origin, path, timeouts }: Pick<Destination, 'origin' | 'path' | 'timeouts'>,
  headers: readonly string[],
  body: Uint8Array,
  { signal, canSend }: { readonly signal: AbortSignal; readonly canSend: () => boolean },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    let controller: Dispatcher.DispatchController | undefined;
    let head: Pick<Extract<Answer, { status: number }>, 'status' | 'headers'> | undefined;
    let isOver = false;
    const chunks: Buffer[] = [];
    let size = 0;

    const stop = (error: Error) => {
      controller?.abort(error);
      finish({ error });
    };
    const onAbort = () => {
      finish(undefined);
      controller?.abort(new Error('aborted'));
    };
    // One deadline over everything: a receiver that reads slowly must not hold a file for ever.
    const deadline = setTimeout(() => stop(late(timeouts.answerMs)), timeouts.connectMs + timeouts.answerMs);
    signal.addEventListener('abort', onAbort, { once: true });
    const finish = (answer: Answer | Fenced | undefined) => {
      isOver = true;
      clearTimeout(deadline);
      signal.removeEventListener('abort', onAbort);
      if (answer instanceof Fenced) reject(answer);
      else if (answer) resolve(answer);
      else reject(signal.reason);
    };

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (started) => {
        controller = started;
        // It waited for a connection, and longer than anybody waits for it.
        if (isOver) return started.abort(new Error('aborted'));
        // Asked at the last moment: connecting takes seconds, and a process may have been stopped for longer.
        if (canSend()) return;
        const fenced = new Fenced('may not send any more');
        finish(fenced);
        started.abort(fenced);
      },
      onResponseStart: (_controller, status, responseHeaders) => {
        head = { status, headers: responseHeaders };
      },
      onResponseData: (_controller, chunk) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size <= MAX_ANSWER_BYTES || !head) return;
        finish({ ...head, body: Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES) });
        controller?.abort(new Error('the answer is longer than anybody needs'));
      },
      onResponseEnd: () => {
        if (head) finish({ ...head, body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) });
      },
      onResponseError: (_controller, error) => finish({ error }),
    };
    try {
      dispatcher.dispatch({ origin, method: 'POST', path, headers: [...headers], body }, handler);
    } catch (thrown) {
      // The guard refuses what a proxy would have to resolve before anything is asked for.
      finish({ error: thrown instanceof Error ? thrown : new Error(String(thrown)) });
    }
  });
}

const late = (ms: number): Error => Object.assign(new Error(`no answer within ${ms / 1000} s`), { code: 'DELIVERY_DEADLINE' });
