import type { Io } from '../../../src/cli/terminal/io.ts';
import { systemClock } from '../../../src/std/clock.ts';

/** A world for a command, and what it wrote into it. */
export type Captured = { readonly io: Io; readonly out: () => string; readonly bytes: () => Buffer; readonly err: () => string };

export type World = Partial<Pick<Io, 'env' | 'clock' | 'stdin'>> & {
  readonly terminal?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** No terminal and no input unless the test wants them. */
export function captured({ env = {}, clock = systemClock, stdin = nothing(), terminal = false, columns, rows }: World = {}): Captured {
  const written = { out: [] as Buffer[], err: [] as Buffer[] };
  const output = (to: Buffer[]) => ({
    write: async (chunk: string | Uint8Array) => void to.push(Buffer.from(chunk)),
    isTTY: terminal,
    ...(columns === undefined ? {} : { columns }),
    ...(rows === undefined ? {} : { rows }),
  });
  return {
    io: { out: output(written.out), err: output(written.err), stdin, env, clock },
    out: () => Buffer.concat(written.out).toString(),
    bytes: () => Buffer.concat(written.out),
    err: () => Buffer.concat(written.err).toString(),
  };
}
