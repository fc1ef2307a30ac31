import { describe, expect, onTestFailed, test } from 'vitest';
import { type Batch, type Consignment, consign, type Outcome } from '../../../src/delivery/outcome.ts';
import { accepted, nextPiece, refused, type Sift, startSift } from '../../../src/delivery/sift.ts';
import { gathering, type Parcel, partsOf } from '../../../src/worker/gather.ts';
import { random, seedOf } from '../../support/random.ts';
import { virtualClock } from '../../support/virtual-clock.ts';
import { taken } from '../../support/worker-world.ts';

const parcel = (spans: number, joints: readonly number[] = [], bytes = 10): Parcel => ({
  index: 0,
  body: Buffer.alloc(bytes, spans),
  spans,
  joints,
});
const going = () => new AbortController().signal;

function world(send: (batch: Parcel, signal: AbortSignal) => Outcome | Promise<Outcome> = ({ spans }) => taken(spans)) {
  const clock = virtualClock();
  const sent: Parcel[] = [];
  const sender = {
    send: async (given: Batch | Consignment, { signal }: { readonly signal: AbortSignal }) => {
      sent.push(given as Parcel);
      return send(given as Parcel, signal);
    },
  };
  return { clock, sent, gathering: gathering({ sender, maxBytes: 35, clock }) };
}

describe('batches of several packs', () => {
  test('go together a moment after no other pack is on its way', async () => {
    const { gathering: gather, sent, clock } = world();
    const leave = [gather.enter(), gather.enter()];
    const outcomes = Promise.all([
      gather.send(parcel(4, [1]), { file: 'a', signal: going() }),
      gather.send(parcel(6, [2]), { file: 'b', signal: going() }),
    ]);
    await clock.advance(249);
    expect(sent).toEqual([]);
    await clock.advance(1);
    expect(await outcomes).toMatchObject([
      { state: 'done', accepted: 4, requests: 1, bytes: 8 },
      { state: 'done', accepted: 6, requests: 0, bytes: 0 },
    ]);
    expect(sent).toMatchObject([{ spans: 10, joints: [1, 4, 6] }]);
    for (const each of leave) each();
  });

  test('wait for a pack that comes in that moment', async () => {
    const { gathering: gather, sent, clock } = world();
    gather.enter();
    const first = gather.send(parcel(4), { file: 'a', signal: going() });
    await clock.advance(200);
    gather.enter();
    await clock.advance(1_000);
    expect(sent).toEqual([]);
    const second = gather.send(parcel(6), { file: 'b', signal: going() });
    await clock.advance(250);
    expect(await Promise.all([first, second])).toMatchObject([{ accepted: 4 }, { accepted: 6 }]);
    expect(sent.length).toBe(1);
  });

  test('do not wait for a pack that ends without one', async () => {
    const { gathering: gather, sent, clock } = world();
    const [, other] = [gather.enter(), gather.enter()];
    const outcome = gather.send(parcel(4), { file: 'a', signal: going() });
    await clock.advance(1_000);
    expect(sent).toEqual([]);
    other();
    await clock.advance(250);
    expect(await outcome).toMatchObject({ state: 'done', accepted: 4 });
  });

  test('wait five seconds for company, and no longer', async () => {
    const { gathering: gather, sent, clock } = world();
    gather.enter();
    gather.enter();
    const outcome = gather.send(parcel(4), { file: 'a', signal: going() });
    await clock.advance(4_999);
    expect(sent).toEqual([]);
    await clock.advance(1);
    expect(await outcome).toMatchObject({ state: 'done' });
  });

  test('are never larger together than a request may be', async () => {
    const { gathering: gather, sent, clock } = world();
    for (let n = 0; n < 7; n++) gather.enter();
    const all = Array.from({ length: 7 }, () => gather.send(parcel(1), { file: 'a', signal: going() }));
    await clock.advance(5_000);
    await Promise.all(all);
    expect(sent.map(({ body }) => body.length)).toEqual([30, 30, 10]);
  });

  test('go without one that is given up, be it waiting or under way', async () => {
    const answer = Promise.withResolvers<Outcome>();
    let ended = 0;
    const {
      gathering: gather,
      sent,
      clock,
    } = world((_batch, signal) => {
      signal.addEventListener('abort', () => ended++);
      return answer.promise;
    });
    const [early, late] = [new AbortController(), new AbortController()];
    const leave = Array.from({ length: 3 }, () => gather.enter());
    const first = gather.send(parcel(1), { file: 'a', signal: early.signal });
    early.abort('put back');
    await expect(first).rejects.toBe('put back');
    leave[0]?.();
    const second = gather.send(parcel(2), { file: 'b', signal: late.signal });
    const third = gather.send(parcel(3), { file: 'c', signal: going() });
    await clock.advance(250);
    expect(sent).toMatchObject([{ spans: 5 }]);
    late.abort('put back');
    await expect(second).rejects.toBe('put back');
    answer.resolve(taken(5));
    expect(await third).toMatchObject({ state: 'done', accepted: 3 });
    expect(ended).toBe(0);
  });

  test('fail together where the way to the destination fails', async () => {
    const { gathering: gather, clock } = world(async () => {
      throw new Error('a mistake');
    });
    gather.enter();
    gather.enter();
    const both = Promise.allSettled([parcel(1), parcel(2)].map((each) => gather.send(each, { file: 'a', signal: going() })));
    await clock.advance(250);
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

describe('an answer to several batches', () => {
  test('counts spans that were left out without a name once', () => {
    const whole: Outcome = {
      ...taken(7),
      rejectedSpans: 3,
      rejected: [{ reason: 'RefusedByDestination', message: 'old', spans: 3 }],
      warning: 'hm',
    };
    expect(partsOf(whole, [parcel(2), parcel(8)])).toMatchObject([
      { accepted: 0, rejectedSpans: 2, warning: 'hm' },
      { accepted: 7, rejectedSpans: 1, warning: 'hm' },
    ]);
  });

  test('means for each file what it would mean to its pack alone, whatever is refused and wherever it stopped', () => {
    const seed = seedOf();
    onTestFailed(() => console.error(`SPANFERRY_SEED=${seed}`));
    const chance = random(seed);
    for (let round = 0; round < 300; round++) {
      const packs = Array.from({ length: 1 + chance.int(5) }, () => Array.from({ length: 1 + chance.int(20) }, () => 1 + chance.int(6)));
      const starts = (files: readonly number[]) => files.map((_, n) => files.slice(0, n).reduce((sum, each) => sum + each, 0));
      const parcels = packs.map((files) =>
        parcel(
          files.reduce((sum, each) => sum + each, 0),
          starts(files).slice(1),
        ),
      );
      const all = packs.flat();
      const spans = all.reduce((sum, each) => sum + each, 0);
      const poison = new Set(Array.from({ length: chance.int(4) }, () => chance.int(spans)));
      let sift: Sift = startSift(spans, starts(all).slice(1));
      let steps = chance.next() < 0.5 ? Number.POSITIVE_INFINITY : chance.int(8);
      for (let piece = nextPiece(sift); piece && steps-- > 0; piece = nextPiece(sift)) {
        const { from, to } = piece;
        const isBad = [...poison].some((bad) => bad >= from && bad < to);
        sift = isBad ? refused(sift, piece, 'bad') : accepted(sift, piece, { rejected: 0, words: '' });
      }
      const refusals = sift.rejected.flatMap(({ range }) =>
        range ? [{ reason: 'RefusedByDestination' as const, message: 'bad', ...range }] : [],
      );
      const tally = { accepted: sift.accepted, rejectedSpans: 0, rejected: [], refused: refusals, requests: 1, bytes: 1 };
      const isDone = sift.pieces.length === 0;
      const rest = { ...consign({ index: 0, body: Buffer.alloc(0), spans }), sift };
      const failure = { reason: 'DestinationUnavailable' as const, message: '503' };
      const whole: Outcome = isDone ? { state: 'done', ...tally } : { state: 'waiting', failure, rest, ...tally };

      const parts = partsOf(whole, parcels);
      expect(parts.reduce((sum, part) => sum + part.accepted, 0)).toBe(sift.accepted);
      parts.forEach((part, at) => {
        expect(part.state).toBe(whole.state);
        if (part.state === 'done') return;
        const left = part.rest.sift;
        const open = left.pieces.reduce((sum, { from, to }) => sum + to - from, 0);
        const bad = left.rejected.reduce((sum, each) => sum + each.spans, 0);
        expect(left.accepted + open + bad).toBe(parcels[at]?.spans);
        expect(left.accepted).toBe(part.accepted);
        const edges = new Set([0, parcels[at]?.spans, ...(parcels[at]?.joints ?? [])]);
        for (const { from, to } of left.pieces) expect([edges.has(from), edges.has(to)]).toEqual([true, true]);
      });
    }
  });
});
