import { describe, expect, test } from 'vitest';
import { accepted, nextPiece, refused, SIFT_REQUESTS, type Sift, startSift, tooLarge } from '../../../src/delivery/sift.ts';
import { random, seedOf } from '../../support/random.ts';

/** Plays a destination that refuses poison, and counts what it was asked. */
function play(spans: number, poison: ReadonlySet<number>, largest = Number.POSITIVE_INFINITY) {
  const delivered: number[] = [];
  let sift: Sift = startSift(spans);
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
