import { describe, expect, test } from 'vitest';
import type { Brief } from '../../../../src/cli/trace/brief.ts';
import { treeOf } from '../../../../src/cli/trace/tree.ts';

const span = (spanId: string, parentId: string | undefined, start: number, name = spanId): Brief => ({
  traceId: 't',
  spanId,
  ...(parentId === undefined ? {} : { parentId }),
  name,
  service: 'checkout',
  kind: 1,
  start: BigInt(start),
  end: BigInt(start + 10),
  error: false,
});

/** The tree as an indented list. */
const drawn = (...spans: Brief[]): string[] =>
  treeOf(spans).rows.map(({ span, missing, depth }) => `${'  '.repeat(depth)}${span?.name ?? `(${missing})`}`);

describe('a tree', () => {
  test('has parents before children and earlier ones first, however the file orders them', () => {
    expect(drawn(span('b', 'root', 20), span('c', 'a', 15), span('a', 'root', 10), span('root', undefined, 0))).toEqual([
      'root',
      '  a',
      '    c',
      '  b',
    ]);
  });

  test('has a stand-in for a parent that is elsewhere, once for all its children', () => {
    expect(drawn(span('a', 'gone', 10), span('b', 'gone', 5), span('root', undefined, 0))).toEqual(['root', '(gone)', '  b', '  a']);
  });

  test('cuts a circle at its earliest span, with what hangs below it', () => {
    const spans = [span('b', 'a', 5), span('a', 'c', 9), span('c', 'b', 7), span('leaf', 'c', 1)];
    expect(drawn(...spans)).toEqual(['b', '  c', '    leaf', '    a']);
    expect(treeOf(spans).cycles).toBe(1);
  });

  test('has a span that is its own parent as a root', () => {
    expect(drawn(span('self', 'self', 0), span('child', 'self', 1))).toEqual(['self', '  child']);
  });

  test('shows a span that was written twice once, and two spans of one id both', () => {
    const spans = [span('a', undefined, 0), span('a', undefined, 0), span('a', undefined, 5, 'other')];
    expect(drawn(...spans)).toEqual(['a', 'other']);
    expect(treeOf(spans).repeated).toBe(1);
  });

  test('of a hundred thousand spans in a chain is no trouble', () => {
    const chain = Array.from({ length: 100_000 }, (_, i) => span(`s${i}`, i === 0 ? undefined : `s${i - 1}`, i));
    const started = process.cpuUsage();
    expect(treeOf(chain).rows.length).toBe(chain.length);
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(5_000);
  });

  test('of ten thousand spans that are their own parents is no trouble', () => {
    const selves = Array.from({ length: 10_000 }, (_, i) => span(`s${i}`, `s${i}`, i));
    expect(treeOf(selves).cycles).toBe(selves.length);
  });
});
