import type { Io, Output } from './io.ts';

/** Colours, or nothing where the output is no terminal or NO_COLOR is set. */
export type Paint = Readonly<Record<keyof typeof codes, (text: string) => string>>;

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;

/** What to paint with on this output. */
export function paintFor(output: Output, env: Io['env']): Paint {
  const wanted = output.isTTY && !env.NO_COLOR && env.TERM !== 'dumb';
  const brush =
    ([on, off]: readonly [number, number]) =>
    (text: string): string =>
      wanted && text !== '' ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return {
    bold: brush(codes.bold),
    dim: brush(codes.dim),
    red: brush(codes.red),
    green: brush(codes.green),
    yellow: brush(codes.yellow),
    blue: brush(codes.blue),
    magenta: brush(codes.magenta),
    cyan: brush(codes.cyan),
  };
}
