import { width } from '../terminal/width.ts';
import { duration } from '../terminal/words.ts';

/** The time that a trace takes, over so many cells. */
export type Axis = { readonly start: bigint; readonly end: bigint; readonly cells: number };

/** A span's time as a bar, precise to half a cell; a moment is half a cell. Nothing where the file says no time. */
export function bar({ start, end, cells }: Axis, from: bigint, to: bigint): { readonly before: string; readonly bar: string } {
  if (from === 0n || cells <= 0) return { before: '', bar: '' };
  const halves = cells * 2;
  const whole = Number(end - start) || 1;
  const place = (time: bigint): number => (Number(time - start) / whole) * halves;
  const first = Math.min(Math.max(0, Math.floor(place(from) + 1e-9)), halves - 1);
  const last = Math.min(Math.max(first + 1, Math.round(place(to))), halves);
  const firstCell = Math.floor(first / 2);
  let drawn = '';
  for (let cell = firstCell; cell * 2 < last; cell++) {
    const left = cell * 2 >= first;
    const right = cell * 2 + 1 < last;
    drawn += left && right ? '█' : left ? '▌' : '▐';
  }
  return { before: ' '.repeat(firstCell), bar: drawn };
}

/** The scale above the bars: start and end of the trace, and as many parts between them as there is room for. */
export function scale({ start, end, cells }: Axis): string {
  if (cells <= 0) return '';
  const parts = cells >= 48 ? 4 : cells >= 20 ? 2 : 1;
  const last = duration(end - start);
  const room = cells - width(last);
  let line = '';
  for (let i = 0; i < parts; i++) {
    const label = duration(((end - start) * BigInt(i)) / BigInt(parts));
    const at = Math.round((cells * i) / parts);
    if ((i === 0 || at > width(line)) && at + width(label) < room) line = line.padEnd(at) + label;
  }
  return line.padEnd(room) + last;
}
