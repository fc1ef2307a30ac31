import { describe, expect, test } from 'vitest';
import { accepted, nextPiece, refused, SIFT_REQUESTS, type Sift, startSift, tooLarge } from '../../../src/delivery/sift.ts';
import { random, seedOf } from '../../support/random.ts';

/** Plays a destination that refuses poison, and counts what it was asked. */
function play(spans: number, poison: ReadonlySet<number>, largest = Number.POSITIVE_INFINITY, joints?: readonly number[]) {
  const delivered: number[] = [];
  let sift: Sift = startSift(spans, joints);
  let requests = 0;
  for (let piece = nextPiece(sift); piece; piece = nextPiece(sift)) {
    requests++;
    const { from, to } = piece;
    const ids = Array.from({ length: to - from }, (_, i) => from + i);
    if (ids.length > largest) sift = tooLarge(sift, piece, 'too large');
    else if (ids.some((id) => poison.has(id))) sift = refused(sift, piece, 'bad span');
    else {
      delivered.push(...ids);
      sift = accepted(sift, piece, { rejected: 0, words: '' });
    }
  }
  const rejected = sift.rejected.flatMap(({ range, words }) =>
    range ? Array.from({ length: range.to - range.from }, (_, i) => ({ id: range.from + i, words })) : [],
  );
  return { sift, requests, delivered: delivered.sort((a, b) => a - b), rejected: rejected.sort((a, b) => a.id - b.id) };
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('telling good spans from bad', () => {
  test('a batch without fault is one request', () => {
    expect(play(5_000, new Set())).toMatchObject({ requests: 1, sift: { accepted: 5_000, rejected: [], spent: 0 } });
  });

  test('one bad span among 20,000 is found wherever it is', () => {
    for (const bad of [0, 1, 9_999, 10_000, 19_999]) {
      const { delivered, rejected } = play(20_000, new Set([bad]));
      expect(rejected).toEqual([{ id: bad, words: 'bad span' }]);
      expect(delivered).toEqual(range(20_000).filter((id) => id !== bad));
    }
  });

  const seed = seedOf();
  test(`any set of bad spans: the good ones arrive once, within the requests (SPANFERRY_SEED=${seed})`, () => {
    const draw = random(seed);
    for (let round = 0; round < 150; round++) {
      const spans = 1 + Math.floor(draw.next() * 3_000);
      const poison = new Set(Array.from({ length: Math.floor(draw.next() * 6) }, () => Math.floor(draw.next() * spans)));
      const { delivered, rejected, requests, sift } = play(spans, poison);
      expect(requests).toBeLessThanOrEqual(SIFT_REQUESTS);
      expect(sift.accepted).toBe(delivered.length);
      expect([...delivered, ...rejected.map(({ id }) => id)].sort((a, b) => a - b)).toEqual(range(spans));
      const undecided = rejected.filter(({ words }) => words.includes('could not be told apart'));
      const culprits = rejected.filter(({ words }) => words === 'bad span').map(({ id }) => id);
      expect(culprits.every((id) => poison.has(id))).toBe(true);
      if (poison.size <= 1 || sift.spent < SIFT_REQUESTS) {
        expect(undecided).toEqual([]);
        expect(culprits).toEqual([...poison].sort((a, b) => a - b));
      }
    }
  });

  test('where everything is bad, 32 requests are spent and everything is rejected', () => {
    const { delivered, rejected, requests } = play(10_000, new Set(range(10_000)));
    expect({ requests, delivered, rejected: rejected.length }).toEqual({ requests: 32, delivered: [], rejected: 10_000 });
    expect(rejected[0]?.words).toBe('bad span (good and bad spans could not be told apart within 32 requests)');
  });

  test('a small limit is no fault: every span arrives in as many requests as it takes', () => {
    expect(play(1_000, new Set(), 10)).toMatchObject({ delivered: range(1_000), rejected: [], sift: { spent: 0 } });
  });

  test('a span too large for any request is rejected for that', () => {
    expect(play(4, new Set(), 0).sift.rejected.map(({ reason, spans }) => [reason, spans])).toEqual(Array(4).fill(['SpanTooLarge', 1]));
  });

  test('bad spans are found behind a limit, too', () => {
    const { delivered, rejected } = play(64, new Set([7]), 16);
    expect(rejected.map(({ id }) => id)).toEqual([7]);
    expect(delivered).toEqual(range(64).filter((id) => id !== 7));
  });

  test('spans of a partial success are counted as rejected, in number', () => {
    const start = startSift(10);
    const sift = accepted(start, nextPiece(start)!, { rejected: 3, words: 'quota' });
    expect(sift).toMatchObject({ accepted: 7, rejected: [{ reason: 'RefusedByDestination', words: 'quota', spans: 3 }], pieces: [] });
  });
});

describe('telling good files from bad in a batch that they share', () => {
  /** So many files with these numbers of spans, one after the other. */
  const starts = (files: readonly number[]) => files.map((_, n) => files.slice(0, n).reduce((sum, each) => sum + each, 0));

  test('a file with a bad span is refused whole, and no other', () => {
    const files = [3, 5, 1, 8, 2];
    const { delivered, rejected } = play(19, new Set([11]), undefined, starts(files).slice(1));
    expect(rejected.map(({ id }) => id)).toEqual([9, 10, 11, 12, 13, 14, 15, 16]);
    expect(delivered).toEqual(range(19).filter((id) => id < 9 || id > 16));
  });

  test('a file that is too large for one request is refused whole', () => {
    const { delivered, rejected } = play(12, new Set(), 4, [2, 10]);
    expect(rejected.map(({ id }) => id)).toEqual(range(8).map((n) => n + 2));
    expect(delivered).toEqual([0, 1, 10, 11]);
  });

  const seed = seedOf();
  test(`any set of bad spans: files arrive whole or not at all, and good ones arrive unless requests run out (SPANFERRY_SEED=${seed})`, () => {
    const draw = random(seed);
    for (let round = 0; round < 150; round++) {
      const files = Array.from({ length: 1 + draw.int(256) }, () => 1 + draw.int(20));
      const from = starts(files);
      const spans = files.reduce((sum, each) => sum + each, 0);
      const poison = new Set(Array.from({ length: draw.int(6) }, () => draw.int(spans)));
      const { delivered, rejected, requests, sift } = play(spans, poison, undefined, from.slice(1));
      expect(requests).toBeLessThanOrEqual(SIFT_REQUESTS);
      expect([...delivered, ...rejected.map(({ id }) => id)].sort((a, b) => a - b)).toEqual(range(spans));
      const arrived = new Set(delivered);
      files.forEach((count, n) => {
        const its = range(count).map((each) => each + (from[n] ?? 0));
        const there = its.filter((id) => arrived.has(id)).length;
        expect([0, count]).toContain(there);
        if (its.some((id) => poison.has(id))) expect(there).toBe(0);
        else if (poison.size <= 1 || sift.spent < SIFT_REQUESTS) expect(there).toBe(count);
      });
    }
  });
});
