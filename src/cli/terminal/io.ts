import { type Clock, systemClock } from '../../std/clock.ts';
import { safeJson } from './clean.ts';

/** One of the two ways out. Waits while the other side is slower. */
export type Output = {
  readonly write: (chunk: string | Uint8Array) => Promise<void>;
  readonly isTTY: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** All that a command knows of the world around it. */
export type Io = {
  readonly out: Output;
  readonly err: Output;
  readonly stdin: AsyncIterable<Uint8Array>;
  /** A person sits at standard input and can be asked. */
  readonly interactive?: boolean;
  /** Told of the first Ctrl-C instead of being ended by it, until the function that comes back is called. A second one ends at once. */
  readonly onInterrupt?: (heard: () => void) => () => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
};

/** The way out that a stream of this process is. Somebody who stops reading (`| head`) ends the program without a word. */
function output(stream: NodeJS.WriteStream): Output {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    if (stream === process.stdout)
      console.error(`spanferry: the output cannot be written: ${outputTroubles[error.code ?? ''] ?? error.code}`);
    process.exit(1);
  });
  const write = (chunk: string | Uint8Array): Promise<void> =>
    new Promise((resolve) => {
      if (stream.write(chunk)) resolve();
      else stream.once('drain', resolve);
    });
  return {
    write,
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns;
    },
    get rows() {
      return stream.rows;
    },
  };
}

const outputTroubles: Readonly<Record<string, string>> = { ENOSPC: 'the disk is full', EIO: 'the disk reports an error' };

/** The world of this process. */
export function processIo(): Io {
  return {
    out: output(process.stdout),
    err: output(process.stderr),
    // Opened only where it is asked for.
    get stdin() {
      return process.stdin;
    },
    get interactive() {
      return process.stdin.isTTY === true;
    },
    onInterrupt: (heard) => {
      process.once('SIGINT', heard);
      return () => void process.off('SIGINT', heard);
    },
    env: process.env,
    clock: systemClock,
  };
}

/** Cells of a line: COLUMNS, else the terminal's width, else 80. */
export function columnsOf(output: Output, env: Io['env']): number {
  const asked = Number.parseInt(env.COLUMNS ?? '', 10);
  const columns = asked > 0 ? asked : (output.columns ?? 80);
  return Math.min(Math.max(columns, 20), 500);
}

/** Writes one object as a line of JSON. */
export const writeJson = (output: Output, value: unknown): Promise<void> => output.write(`${safeJson(JSON.stringify(value))}\n`);
