import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { broken } from '../web.ts';
import { giveBack } from './memory.ts';

export type GetRequest = { readonly origin: string; readonly path: string; readonly headers: Record<string, string> };

/**
 * What came back. A chunk of the body may only be read until the next one is asked for. Whoever does not read it to its end has to leave its loop or
 * `discard` it, which frees the socket.
 */
export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Uint8Array>;
  readonly discard: () => void;
};

/** More than this waits in the socket instead of in memory. */
const HIGH_WATER = 256 * 1024;

/**
 * One GET over undici, without a Node stream in between: for a small file, making a stream costs more than everything else. A
 * redirect is an answer like any other.
 */
export function exchange(dispatcher: Dispatcher, request: GetRequest, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const inbox = chunks();
    let control: Dispatcher.DispatchController | undefined;
    const onAbort = () => end(signal.reason);
    const end = (error: unknown) => {
      signal.removeEventListener('abort', onAbort);
      control?.abort(error instanceof Error ? error : new Error('aborted'));
      inbox.end(error);
      reject(error);
    };
    const discard = () => end(new Error('nobody reads on'));
    signal.addEventListener('abort', onAbort, { once: true });

    dispatcher.dispatch(
      { ...request, method: 'GET' },
      {
        onRequestStart: (controller) => {
          control = controller;
          if (signal.aborted) controller.abort(new Error('aborted'));
        },
        onResponseStart: (controller, status, headers) => {
          // Interim answers (1xx) are followed by the real one.
          if (status < 200) return;
          // Of a body in one piece no two chunks lie in the same memory.
          const free = headers['content-length'] === undefined ? () => {} : giveBack;
          resolve({ status, headers, body: inbox.body({ resume: () => controller.resume(), leave: discard, free }), discard });
        },
        onResponseData: (controller, chunk) => {
          if (inbox.put(chunk) > HIGH_WATER) controller.pause();
        },
        onResponseEnd: () => {
          signal.removeEventListener('abort', onAbort);
          inbox.end();
        },
        onResponseError: (_controller, error) => {
          signal.removeEventListener('abort', onAbort);
          const named = broken(error, request.origin, signal);
          inbox.end(named);
          reject(named);
        },
      },
    );
  });
}

type Waiting = { readonly resolve: (result: IteratorResult<Uint8Array>) => void; readonly reject: (error: unknown) => void };

type Hooks = { readonly resume: () => void; readonly leave: () => void; readonly free: (chunk: Uint8Array) => void };

/** Chunks between the socket that puts them and the one reader that takes them. */
function chunks() {
  const queue: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  let error: unknown;
  let waiting: Waiting | undefined;

  const put = (chunk: Uint8Array): number => {
    if (waiting) {
      const { resolve } = waiting;
      waiting = undefined;
      resolve({ done: false, value: chunk });
      return size;
    }
    queue.push(chunk);
    size += chunk.length;
    return size;
  };

  const end = (why?: unknown): void => {
    if (ended) return;
    ended = true;
    error = why;
    if (why) waiting?.reject(why);
    else waiting?.resolve({ done: true, value: undefined });
    waiting = undefined;
  };

  const next = (resume: () => void): Promise<IteratorResult<Uint8Array>> =>
    new Promise((resolve, reject) => {
      const chunk = queue.shift();
      if (chunk) {
        size -= chunk.length;
        if (queue.length === 0 && !ended) resume();
        resolve({ done: false, value: chunk });
      } else if (error) reject(error);
      else if (ended) resolve({ done: true, value: undefined });
      else waiting = { resolve, reject };
    });

  /** `resume` lets the socket go on once everything is taken; `leave` is called where the reader goes before the end, `free` when a chunk is used. */
  const body = ({ resume, leave, free }: Hooks): AsyncIterable<Uint8Array> => {
    let inHand: Uint8Array | undefined;
    const take = (result: IteratorResult<Uint8Array>) => {
      inHand = result.done ? undefined : result.value;
      return result;
    };
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          if (inHand) free(inHand);
          inHand = undefined;
          return next(resume).then(take);
        },
        return: async () => {
          if (!ended) leave();
          return { done: true, value: undefined };
        },
      }),
    };
  };

  return { put, end, body };
}
