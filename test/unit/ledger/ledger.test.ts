import { describe, expect, onTestFailed, test } from 'vitest';
import { identities } from '../../../src/ledger/identity.ts';
import { type Ledger, type LedgerObjects, openLedger } from '../../../src/ledger/ledger.ts';
import { OPEN_ENTRIES, type SegmentSpec } from '../../../src/ledger/segment.ts';
import { random, seedOf } from '../../support/random.ts';

const identityOf = identities({ kind: 's3', endpoint: '', bucket: 'acme-traces' });
const file = (n: number) => identityOf({ key: `agents/${n}.json`, version: `etag-${n}` });

/** The API server as a ledger sees it: objects with tokens, and writes that fail before or after they took effect. */
function apiServer(fate: () => 'well' | 'lost before' | 'lost after' = () => 'well') {
  const stored = new Map<number, { spec: SegmentSpec; token: string }>();
  let tokens = 0;
  const objects: LedgerObjects = {
    list: async () => [...stored.values()],
    put: async (spec, token) => {
      const how = fate();
      if (how === 'lost before') throw new Error('the connection was cut');
      if (stored.get(spec.number)?.token !== token && JSON.stringify(stored.get(spec.number)?.spec) !== JSON.stringify(spec))
        throw new Error('conflict');
      const next = `${++tokens}`;
      stored.set(spec.number, { spec: JSON.parse(JSON.stringify(spec)), token: next });
      if (how === 'lost after') throw new Error('the answer was cut');
      return next;
    },
  };
  return { objects, stored };
}

async function opened(objects: LedgerObjects, seen = 0, accept?: string): Promise<Ledger> {
  const result = await openLedger(objects, seen, accept);
  if (!result.ok) throw new Error(result.failure.message);
  return result.ledger;
}

async function remember(ledger: Ledger, from: number, to: number, outcome: 'completed' | 'failed' = 'completed') {
  for (let n = from; n < to; n++) void ledger.append({ entries: [{ ...file(n), outcome }], spans: 10, bytes: 100 });
  await ledger.flush();
}

describe('the memory of a source', () => {
  test('knows after a restart what it was told before, totals included', async () => {
    const { objects } = apiServer();
    await remember(await opened(objects), 0, 50);
    const ledger = await opened(objects, 1);
    expect(ledger.lookup(file(49))).toBe('completed');
    expect(ledger.lookup(file(50))).toBeUndefined();
    expect(ledger.head().totals).toEqual({ files: 50, spans: 500, bytes: 5_000, rejectedSpans: 0, retries: 0 });
  });

  test('an append is kept only once it is written', async () => {
    let cut = true;
    const { objects } = apiServer(() => (cut ? 'lost before' : 'well'));
    const ledger = await opened(objects);
    let kept = false;
    void ledger.append({ entries: [{ ...file(1), outcome: 'completed' }] }).then(() => {
      kept = true;
    });
    await expect(ledger.flush()).rejects.toThrow('cut');
    expect(kept).toBe(false);
    cut = false;
    await ledger.flush();
    expect(kept).toBe(true);
  });

  test('moves what is open into sealed segments before the open one grows large, and merges small ones', async () => {
    const { objects, stored } = apiServer();
    const ledger = await opened(objects);
    for (let n = 0; n < 40; n++) await remember(ledger, n * 500, (n + 1) * 500);
    const sizes = [...stored.values()].map(({ spec }) => spec.entries);
    expect(sizes[0]).toBeLessThanOrEqual(OPEN_ENTRIES);
    expect(sizes.length).toBeLessThan(10);
    const again = await opened(objects, stored.size);
    expect(again.counts()).toMatchObject({ entries: 20_000, failures: 0 });
    expect(again.lookup(file(0))).toBe('completed');
    expect(again.lookup(file(19_999))).toBe('completed');
  });

  test('takes a pack as one append, and after an outage more than one object holds', async () => {
    const { objects, stored } = apiServer();
    const ledger = await opened(objects);
    const packs = Array.from({ length: 400 }, (_, pack) => Array.from({ length: 256 }, (_each, n) => file(256 * pack + n)));
    for (const pack of packs) void ledger.append({ entries: pack.map((each) => ({ ...each, outcome: 'completed' })), spans: 512 });
    await ledger.flush();
    for (const { spec } of stored.values()) expect(spec.data.length).toBeLessThanOrEqual(700_000);
    const again = await opened(objects, stored.size);
    expect(again.head().totals).toMatchObject({ files: 102_400, spans: 204_800 });
    expect(again.lookup(file(102_399))).toBe('completed');
  });

  test('forgives the failures there are, and none that come later', async () => {
    const { objects } = apiServer();
    const ledger = await opened(objects);
    for (let n = 0; n < 4; n++) await remember(ledger, n * 1_000, (n + 1) * 1_000, 'failed');
    await ledger.forgive();
    expect(ledger.counts()).toMatchObject({ entries: 0, failures: 0 });
    await remember(ledger, 0, 1, 'failed');
    const again = await opened(objects);
    expect(again.lookup(file(0))).toBe('failed');
    expect(again.lookup(file(3_999))).toBeUndefined();
  });
});

test('whenever a leader dies while it writes, the totals count each file once', async () => {
  for (let last = 1; last < 24; last++) {
    let puts = 0;
    const { objects, stored } = apiServer(() => (++puts < last ? 'well' : puts === last ? 'lost after' : 'lost before'));
    let ledger = await opened(objects);
    for (let n = 0; n < 20; n++) {
      const flushed = await remember(ledger, n * 300, (n + 1) * 300).then(
        () => true,
        () => false,
      );
      if (flushed) continue;
      puts = Number.NEGATIVE_INFINITY;
      ledger = await opened(objects, stored.size);
      for (let known = n * 300; known < (n + 1) * 300; known++) {
        if (ledger.lookup(file(known)) === undefined) await remember(ledger, known, known + 1);
      }
    }
    expect((await opened(objects, stored.size)).head().totals, `after write ${last}`).toMatchObject({ files: 6_000, spans: 60_000 });
  }
});

describe('a memory with holes', () => {
  const grown = async () => {
    const server = apiServer();
    const ledger = await opened(server.objects);
    for (let n = 0; n < 8; n++) await remember(ledger, n * 1_000, (n + 1) * 1_000);
    return server;
  };

  test.each<[what: string, damage: (stored: Map<number, { spec: SegmentSpec; token: string }>) => void, message: RegExp]>([
    ['a sealed segment is gone', (stored) => stored.delete(1), /segment 1 of \d+ is missing/],
    ['the head is gone', (stored) => stored.delete(0), /segment 0 of \d+ is missing/],
    ['all of it is gone', (stored) => stored.clear(), /segment 0, 1.* missing/],
    [
      'an older backup of one segment was restored',
      (stored) => {
        const [number, old] = [...stored].find(([each, { spec }]) => each > 0 && spec.entries > 0) ?? [];
        if (number && old) stored.set(number, { ...old, spec: { ...old.spec, entries: 0, failures: 0, data: '' } });
      },
      /\d+ entries are expected and \d+ are there/,
    ],
    [
      'a newer operator wrote a segment',
      (stored) => {
        const old = stored.get(1);
        if (old) stored.set(1, { ...old, spec: { ...old.spec, codec: 'bloom128' } });
      },
      /written in "bloom128"/,
    ],
  ])('where %s, the source stops and says so', async (_what, damage, message) => {
    const { objects, stored } = await grown();
    const seen = stored.size;
    damage(stored);
    const result = await openLedger(objects, seen);
    expect(result).toMatchObject({ ok: false, failure: { reason: 'LedgerIncomplete', message: expect.stringMatching(message) } });
  });

  test('goes on with what is left once somebody accepts it, and stays whole from then on', async () => {
    const { objects, stored } = await grown();
    const seen = stored.size;
    stored.delete(1);
    const ledger = await opened(objects, seen, 'yes');
    expect(ledger.head().handled?.acceptLedger).toBe('yes');
    const again = await openLedger(objects, seen);
    expect(again.ok).toBe(true);
  });
});

describe('a segment that cannot be read', () => {
  test('is written anew once somebody accepts that it is lost, so that it does not stop the source again', async () => {
    const { objects, stored } = apiServer();
    const ledger = await opened(objects);
    await remember(ledger, 0, OPEN_ENTRIES + 10);
    await remember(ledger, 5_000, 5_020);
    const sealed = stored.get(1);
    if (!sealed) throw new Error('nothing was sealed');
    stored.set(1, { ...sealed, spec: { ...sealed.spec, codec: 'of-tomorrow' } });
    expect(await openLedger(objects, 2)).toMatchObject({ ok: false, failure: { reason: 'LedgerIncomplete' } });
    await opened(objects, 2, 'yes');
    const again = await opened(objects, 2, 'yes');
    expect(again.lookup(file(5_001))).toBe('completed');
    expect(again.lookup(file(1))).toBeUndefined();
  });
});

test('what is appended while a write is under way is written by the next one, and only then kept', async () => {
  let onPut = () => {};
  const { objects } = apiServer(() => {
    onPut();
    return 'well';
  });
  const ledger = await opened(objects);
  let isKept = false;
  onPut = () => {
    onPut = () => {};
    void ledger.append({ entries: [{ ...file(2), outcome: 'completed' }] }).then(() => {
      isKept = true;
    });
  };
  await remember(ledger, 0, 1);
  expect(isKept).toBe(false);
  await ledger.flush();
  expect(isKept).toBe(true);
  expect((await opened(objects, 1)).lookup(file(2))).toBe('completed');
});

describe('a failure that comes while others are forgiven', () => {
  test('is known in memory as in the API server, and counted once', async () => {
    let onPut = () => {};
    const { objects } = apiServer(() => {
      onPut();
      return 'well';
    });
    const ledger = await opened(objects);
    await remember(ledger, 0, 3, 'failed');
    onPut = () => {
      onPut = () => {};
      void ledger.append({ entries: [{ ...file(9), outcome: 'failed' }] });
    };
    await ledger.forgive();
    await ledger.flush();
    const again = await opened(objects, 1);
    for (const each of [ledger, again]) {
      expect(each.lookup(file(1))).toBeUndefined();
      expect(each.lookup(file(9))).toBe('failed');
      expect(each.head()).toMatchObject({ completed: 0, failed: 1, expectedEntries: 1 });
    }
  });
});

test.each([
  ['a new seed each time', seedOf(), { files: 6_000, atOnce: 400, rounds: 120 }],
  // An old outcome rose above the newer one of its file when its segment was merged past a larger one.
  ['where a merge passes a newer segment', 844_926_907, { files: 6_000, atOnce: 400, rounds: 120 }],
  // What is kept of a full segment was too little for the next merge.
  ['where many segments are full, and only their numbers are kept', 1_537_833_804, { files: 80_000, atOnce: 9_000, rounds: 25 }],
])(
  'whatever is lost on the way, no written entry is forgotten and no number is wrong: %s',
  async (_which, seed, { files, atOnce, rounds }) => {
    onTestFailed(() => console.error(`SPANFERRY_SEED=${seed}`));
    const chance = random(seed);
    const { objects } = apiServer(() => (chance.next() < 0.85 ? 'well' : chance.pick(['lost before', 'lost after'] as const)));
    const written = new Map<number, 'completed' | 'failed'>();
    const until = async (write: () => Promise<void>) => {
      for (let isDone = false; !isDone; ) {
        isDone = await write().then(
          () => true,
          () => false,
        );
      }
    };
    let ledger = await opened(objects);
    // As a keeper does: the head is there before anything is sealed.
    await until(() => ledger.change(() => ({})));

    for (let round = 0; round < rounds; round++) {
      const batch = new Map(
        Array.from({ length: chance.int(atOnce) }, () => [chance.int(files), chance.next() < 0.1 ? 'failed' : 'completed'] as const),
      );
      for (const [n, outcome] of batch) {
        void ledger.append({ entries: [{ ...file(n), outcome }] }).then(() => written.set(n, outcome));
      }
      const ok = await ledger.flush().then(
        () => true,
        () => false,
      );
      // A new leader: what was not written is found again and told again, so it may be in or not.
      if (!ok && chance.next() < 0.5) {
        ledger = await opened(objects);
        for (const [n, outcome] of batch) void ledger.append({ entries: [{ ...file(n), outcome }] }).then(() => written.set(n, outcome));
      }
      await until(ledger.flush);
    }

    await new Promise((resolve) => setImmediate(resolve));
    const last = await opened(objects);
    const wrong = [...written].filter(([n, outcome]) => last.lookup(file(n)) !== outcome);
    expect(wrong).toEqual([]);
    expect(last.counts()).toMatchObject({
      entries: written.size,
      failures: [...written.values()].filter((each) => each === 'failed').length,
    });
  },
);
