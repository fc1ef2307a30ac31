import type { Input } from '../../transcode/port.ts';
import type { Io } from './io.ts';
import { columnsOf } from './io.ts';
import { cut, padded, width } from './width.ts';
import { duration, size } from './words.ts';

/** Shorter files show no bar; a bar is drawn so often. */
const PATIENCE_MS = 1_000;
const EVERY_MS = 100;
const ERASE = '\r\x1b[K';

export type Progress = { readonly input: Input /** Wipes the bar away. */; readonly end: () => Promise<void> };

/** The same input with a bar on standard error while it is read, where that is a terminal and it takes longer than a second. */
export function withProgress(input: Input, name: string, { err, env, clock }: Io): Progress {
  if (!err.isTTY || env.TERM === 'dumb') return { input, end: async () => {} };
  const start = clock.monotonic();
  let furthest = 0;
  let drawnAt = start + PATIENCE_MS - EVERY_MS;
  let drawn = false;

  const passed = async (position: number): Promise<void> => {
    furthest = Math.max(furthest, position);
    const now = clock.monotonic();
    if (now - drawnAt < EVERY_MS) return;
    drawnAt = now;
    drawn = true;
    await err.write(ERASE + progressLine({ name, done: furthest, elapsedMs: now - start, columns: columnsOf(err, env), ...sizeOf(input) }));
  };

  async function* open(from: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let position = from;
    for await (const chunk of input.open(from, signal)) {
      position += chunk.length;
      await passed(position);
      yield chunk;
    }
  }

  return { input: { ...input, open }, end: async () => void (drawn && (await err.write(ERASE))) };
}

const sizeOf = ({ size: all }: Input): { readonly all?: number } => (all === undefined ? {} : { all });

type Passed = {
  readonly name: string;
  readonly done: number;
  readonly all?: number;
  readonly elapsedMs: number;
  readonly columns: number;
};

/** "traces.json ██████▌      43 %  1.2 GB of 2.8 GB  540 MB/s  3 s left" */
export function progressLine({ name, done, all, elapsedMs, columns }: Passed): string {
  const perMs = done / Math.max(1, elapsedMs);
  const rate = `${size(perMs * 1000)}/s`;
  if (all === undefined || all === 0) return cut(`${name}  ${size(done)}  ${rate}`, columns - 1);
  const part = Math.min(1, done / all);
  const leftMs = Math.max(0, all - done) / Math.max(perMs, 1e-9);
  const seconds = Math.ceil(leftMs / 1000);
  const left = `${seconds < 60 ? `${seconds} s` : duration(BigInt(seconds) * 1_000_000_000n)} left`;
  const facts = `${padded(`${Math.floor(part * 100)} %`, 5, 'right')}  ${size(done)} of ${size(all)}  ${rate}  ${left}`;
  const label = cut(name, Math.max(8, Math.floor(columns * 0.25)));
  const cells = Math.min(30, columns - 3 - width(label) - facts.length);
  if (cells < 5) return cut(`${label} ${facts}`, columns - 1);
  const halves = Math.round(part * cells * 2);
  return `${label} ${padded('█'.repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? '▌' : ''), cells)} ${facts}`;
}
