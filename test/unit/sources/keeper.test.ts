import { beforeEach, describe, expect, test } from 'vitest';
import { Failed } from '../../../src/api/failure.ts';
import type { FileStatus } from '../../../src/api/ingestionfile.ts';
import { identities } from '../../../src/ledger/identity.ts';
import type { LedgerObjects } from '../../../src/ledger/ledger.ts';
import type { SegmentSpec } from '../../../src/ledger/segment.ts';
import { type Ending, type Keeper, keeper } from '../../../src/sources/keeper.ts';
import { aRecord } from '../../support/records.ts';
import { virtualClock } from '../../support/virtual-clock.ts';

const identityOf = identities({ kind: 's3', endpoint: '', bucket: 'acme-traces' });
const ending = (n: number, outcome: 'completed' | 'failed', spans = 0): Ending => ({
  ...identityOf({ key: `agents/${n}.json`, version: 'v1' }),
  ...{ outcome, spans },
});

/** The segments of one source in the API server, and what a write there waits for. */
let segments: Map<number, { spec: SegmentSpec; token: string }>;
let held: Promise<void>;
beforeEach(() => {
  segments = new Map();
  held = Promise.resolve();
});

async function leader(): Promise<Keeper> {
  let tokens = 0;
  const mine = Math.random();
  const objects: LedgerObjects = {
    list: async () => [...segments.values()],
    put: async (spec, token) => {
      await held;
      if (segments.get(spec.number)?.token !== token) throw new Failed({ reason: 'ObjectChanged', message: 'somebody else wrote' });
      const next = `${mine} ${++tokens}`;
      segments.set(spec.number, { spec: structuredClone(spec), token: next });
      return next;
    },
  };
  const one = keeper({ objects, clock: virtualClock(), onChange: () => {} });
  await one.open(0);
  return one;
}

async function remember(by: Keeper, status: FileStatus, ...endings: readonly Ending[]): Promise<void> {
  const written = by.remember(endings, aRecord(status));
  await by.flush('all');
  await written;
}
const done: Pick<FileStatus, 'state' | 'attempts' | 'retries'> = { state: 'Completed', attempts: 1, retries: 0 };
const totals = () => segments.get(0)?.spec.head?.totals;

describe('each file counts once in the totals', () => {
  test('although the leader before was still writing when this one read the ledger', async () => {
    const [before, now] = [await leader(), await leader()];
    const verdict = { ...done, spans: 8, bytes: 900 };
    await remember(before, verdict, ending(1, 'completed', 8));
    const written = now.remember([ending(1, 'completed', 8)], aRecord(verdict));
    await now.flush('all');
    expect(now.health().is, 'it sees that somebody else has written').toBe('unknown');
    await now.open(1);
    await written;
    expect(now.unwritten()).toBe(0);
    await now.write(() => ({}));
    expect(totals()).toMatchObject({ files: 1, spans: 8, bytes: 900 });
  });

  test('although a failed attempt had delivered a part of it, and the next one went on from there', async () => {
    const one = await leader();
    await remember(one, { ...done, state: 'Failed', retries: 3, spans: 7 }, ending(1, 'failed'));
    expect(totals()).toMatchObject({ files: 1, spans: 0, retries: 3 });
    await remember(one, { ...done, spans: 10, bytes: 900 }, ending(1, 'completed', 10));
    expect(totals()).toMatchObject({ files: 1, spans: 10, bytes: 900, retries: 3 });
  });

  test('although it is ferried again because somebody forced it', async () => {
    const one = await leader();
    for (const attempts of [1, 2]) await remember(one, { ...done, attempts, spans: 10 }, ending(1, 'completed', 10));
    expect(totals()).toMatchObject({ files: 1, spans: 10 });
  });

  test('and stays completed although a forced repetition fails: to forgive that failure loses nothing', async () => {
    const one = await leader();
    await remember(one, { ...done, spans: 10 }, ending(1, 'completed', 10));
    await remember(one, { ...done, state: 'Failed', attempts: 2 }, ending(1, 'failed'));
    await one.forgive();
    for (const each of [one, await leader()]) expect(each.ledger()?.lookup(ending(1, 'failed'))).toBe('completed');
    expect(segments.get(0)?.spec.head).toMatchObject({ completed: 1, failed: 0, totals: { files: 1, spans: 10 } });
  });

  test('although the ledger has forgiven what failed in its pack, and a new leader tells it again', async () => {
    const pack = [ending(1, 'completed', 6), ending(2, 'completed', 4), ending(3, 'failed')];
    const one = await leader();
    await remember(one, { ...done, spans: 10 }, ...pack);
    await one.forgive();
    await remember(await leader(), { ...done, spans: 10 }, ...pack);
    expect(totals()).toMatchObject({ files: 3, spans: 10 });
  });

  test('and of a pack that was forced, only the file that could not be read before is news', async () => {
    const one = await leader();
    await remember(one, { ...done, spans: 10, bytes: 100 }, ending(1, 'completed', 6), ending(2, 'completed', 4), ending(3, 'failed'));
    const again = { ...done, spans: 20, bytes: 200 };
    await remember(one, again, ending(1, 'completed', 6), ending(2, 'completed', 4), ending(3, 'completed', 10));
    expect(totals()).toMatchObject({ files: 3, spans: 20, bytes: 200 });
  });
});

test('what comes while a write is under way is written with all that is left', async () => {
  const one = await leader();
  const write = Promise.withResolvers<void>();
  held = write.promise;
  void one.remember([ending(1, 'completed', 5)], aRecord({ ...done, spans: 5 }));
  const first = one.flush('all');
  await new Promise((resolve) => setImmediate(resolve));
  const late = one.remember([ending(2, 'completed', 5)], aRecord({ ...done, spans: 5 }));
  const all = one.flush('all');
  write.resolve();
  await Promise.all([first, all, late]);
  expect(totals()).toMatchObject({ files: 2, spans: 10 });
});
