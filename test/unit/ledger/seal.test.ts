import { describe, expect, test } from 'vitest';
import { countOf, type Entry, find, sorted } from '../../../src/ledger/entries.ts';
import { identities } from '../../../src/ledger/identity.ts';
import { isFull, seal } from '../../../src/ledger/seal.ts';
import { OPEN_ENTRIES, SEALED_ENTRIES, type Segment } from '../../../src/ledger/segment.ts';

const identityOf = identities({ kind: 's3', endpoint: '', bucket: 'acme-traces' });
const file = (n: number) => identityOf({ key: `agents/${n}.json`, version: `etag-${n}` });

/** A segment that knows the files from `from` to before `to`. */
const segment = (number: number, sequence: number, from: number, to: number, outcome: Entry['outcome'] = 'completed'): Segment => ({
  number,
  sequence,
  entries: sorted(Array.from({ length: to - from }, (_, n) => ({ ...file(from + n), outcome }))),
});

describe('emptying the open segment', () => {
  const open = segment(0, 9, 0, OPEN_ENTRIES + 1);

  test('makes a sealed one of its own while there are few of its size', () => {
    const { sealed, freed } = seal(open, [segment(1, 5, 5_000, 5_100)], 1, 0);
    expect(sealed).toEqual({ ...open, number: 2 });
    expect(freed).toEqual([]);
  });

  test('takes its likes in size along, and leaves larger ones where they are', () => {
    const large = segment(4, 4, 20_000, 20_000 + 5 * OPEN_ENTRIES);
    const small = [1, 2, 3].map((number) => segment(number, number, 5_000 * number, 5_000 * number + 100));
    const { sealed, freed } = seal(open, [...small, large], 4, 0);
    expect(sealed).toMatchObject({ number: 1, sequence: 9 });
    expect(countOf(sealed.entries)).toBe(OPEN_ENTRIES + 301);
    expect(freed.map((each) => [each.number, countOf(each.entries)])).toEqual([
      [2, 0],
      [3, 0],
    ]);
  });

  test('takes what fits and leaves the rest, so that one that is nearly full does not keep the small ones apart', () => {
    const small = Array.from({ length: 40 }, (_, n) => segment(n + 1, n + 1, 5_000 * n, 5_000 * n + OPEN_ENTRIES));
    const { sealed, freed } = seal(segment(0, 50, 300_000, 300_000 + OPEN_ENTRIES + 1), small, 40, 0);
    expect(countOf(sealed.entries)).toBeGreaterThan(SEALED_ENTRIES - OPEN_ENTRIES);
    expect(countOf(sealed.entries)).toBeLessThanOrEqual(SEALED_ENTRIES);
    expect(freed.length).toBe(30);
    expect(isFull(sealed)).toBe(true);
  });

  test('leaves a full one alone for ever', () => {
    const full = segment(4, 1, 20_000, 20_000 + SEALED_ENTRIES / 4 + 1);
    const few = [1, 2].map((number) => segment(number, 1 + number, 5_000 * number, 5_000 * number + 100));
    expect(seal(segment(0, 9, 0, SEALED_ENTRIES / 2), [full, ...few], 4, 0).freed).toEqual([]);
  });

  test('lets no old outcome rise above the newer one that a larger segment knows', () => {
    const newer = segment(4, 7, 20_000, 20_000 + 5 * OPEN_ENTRIES, 'completed');
    const older = [1, 2].map((number) => segment(number, number, 5_000 * number, 5_000 * number + 100));
    const { sealed, freed } = seal(open, [...older, segment(3, 3, 20_050, 20_150, 'failed'), newer], 4, 0);
    expect(find(sealed.entries, file(20_100))).toBeUndefined();
    expect(countOf(sealed.entries)).toBe(OPEN_ENTRIES + 201);
    expect(freed.map((each) => each.number)).toEqual([2, 3]);
  });

  test('keeps the newer outcome where the larger segment is the older one', () => {
    const older = segment(4, 1, 20_000, 20_000 + 5 * OPEN_ENTRIES, 'failed');
    const newer = [1, 2].map((number) => segment(number, 5 + number, 5_000 * number, 5_000 * number + 100));
    const { sealed } = seal(open, [...newer, segment(3, 8, 20_050, 20_150, 'completed'), older], 4, 0);
    expect(find(sealed.entries, file(20_100))).toBe('completed');
  });

  test('drops the failures that were forgiven since, and no others', () => {
    const segments = [1, 2, 3].map((number) => segment(number, number, 5_000 * number, 5_000 * number + 100, 'failed'));
    const { sealed } = seal(open, segments, 3, 2);
    expect([1, 2, 3].map((number) => find(sealed.entries, file(5_000 * number)))).toEqual([undefined, undefined, 'failed']);
  });
});
