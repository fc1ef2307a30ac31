import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The beginning and the end of a program that starts others: whatever ends it, nothing of it stays. */
export type Life = {
  /** Everything that is written to disk goes there, also by libraries. */
  readonly folder: string;
  /** Aborted by the first Ctrl-C, termination or hang-up. */
  readonly signal: AbortSignal;
  /** Closes what was opened; the last one first. */
  readonly onEnd: (close: () => unknown) => void;
  /** Closes everything and leaves. */
  readonly end: (code: number) => Promise<never>;
};

const PATIENCE_MS = 10_000;

export function beginLife(): Life {
  const folder = mkdtempSync(join(tmpdir(), 'spanferry-demo-'));
  process.env.TMPDIR = folder;
  const stop = new AbortController();
  const closers: (() => unknown)[] = [];
  const forget = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

  /** Servers are killed by listeners of this event that came before; only then can their files go. */
  const leave = (code: number): never => {
    process.once('exit', forget);
    process.exit(code);
  };
  const onSignal = () => {
    // A second one means: now.
    if (stop.signal.aborted) leave(130);
    stop.abort(new Error('stopped'));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  // Whoever read along has stopped reading (`| head`), or the terminal is gone.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => leave(1));

  const end = async (code: number): Promise<never> => {
    const hurry = setTimeout(() => leave(code), PATIENCE_MS);
    for (const close of closers.reverse()) await Promise.resolve(close()).catch(() => {});
    clearTimeout(hurry);
    return leave(code);
  };
  return { folder, signal: stop.signal, onEnd: (close) => void closers.push(close), end };
}

/** Resolves with what comes first: the work, or the wish to stop, which rejects. */
export function unlessStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
