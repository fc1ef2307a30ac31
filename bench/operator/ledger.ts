import { identities } from '../../src/ledger/identity.ts';
import { type Ledger, type LedgerObjects, openLedger } from '../../src/ledger/ledger.ts';
import type { SegmentSpec } from '../../src/ledger/segment.ts';
import { sleep } from '../../src/std/sleep.ts';
import type { Row } from '../support/rows.ts';

const ENTRIES = 10_000_000;
/** As verdicts come at 30 files a second, with a write every five seconds. */
const A_WRITE = 150;
const QUESTIONS = 1_000_000;

/** The ledger of ten million files, with memory in the place of the API server. */
export async function ledger(): Promise<readonly Row[]> {
  const identityOf = identities({ kind: 's3', endpoint: 'amazonaws.com', bucket: 'acme-traces' });
  const store = new Map<number, { readonly spec: SegmentSpec; readonly token: string }>();
  let [bytes, tokens] = [0, 0];
  const objects: LedgerObjects = {
    list: async () => [...store.values()],
    put: async (spec) => {
      bytes += JSON.stringify(spec).length;
      const token = `${++tokens}`;
      store.set(spec.number, { spec, token });
      return token;
    },
  };
  const open = async (): Promise<Ledger> => {
    const result = await openLedger(objects, store.size);
    if (!result.ok) throw new Error(result.failure.message);
    return result.ledger;
  };
  const remember = async (into: Ledger, from: number, to: number, atOnce: number) => {
    for (let n = from; n < to; n++) {
      const identity = identityOf({ key: `agents/prod/monocle_trace_${n}.json`, version: `etag-${n}` });
      void into.append({ entries: [{ ...identity, outcome: n % 100 === 0 ? 'failed' : 'completed' }], spans: 10, bytes: 4_096 });
      if ((n + 1) % atOnce === 0) await into.flush();
    }
    await into.flush();
  };

  await remember(await open(), 0, 30_000, A_WRITE);
  const early = bytes / 30_000;
  const growing = await cpu(async () => remember(await open(), 30_000, ENTRIES, 5_000));
  const opening = await cpu(open);
  const known = opening.result;
  const before = bytes;
  const late = await cpu(() => remember(known, ENTRIES, ENTRIES + 10_000, A_WRITE));
  const held = await heldBytes();
  const asking = await cpu(async () => {
    for (let n = 0; n < QUESTIONS; n++) known.lookup(identityOf({ key: `agents/prod/monocle_trace_${n}.json`, version: `etag-${n}` }));
  });
  return [
    { name: 'ledger: written for 1,000 files at 30 a second, first 30,000', value: early, unit: 'kB', most: 200 },
    { name: 'ledger: the same beyond 10,000,000 entries', value: (bytes - before) / 10_000, unit: 'kB', most: 200 },
    { name: 'ledger: CPU of merging and writing, to 10,000,000 entries', value: (1_000 * growing.ms) / ENTRIES, unit: 'µs a file' },
    { name: 'ledger: the same at 30 files a second beyond that', value: (1_000 * late.ms) / 10_000, unit: 'µs a file' },
    { name: 'ledger: CPU of opening 10,000,000 entries', value: opening.ms / 1_000, unit: 's', most: 10 },
    { name: 'ledger: memory of 10,000,000 entries', value: held / ENTRIES, unit: 'bytes a file', most: 13 },
    { name: 'ledger: the same, all together', value: held / 1e6, unit: 'MB' },
    { name: 'ledger: CPU of a question, hashes included', value: (1_000 * asking.ms) / QUESTIONS, unit: 'µs' },
    { name: 'ledger: objects that hold 10,000,000 entries', value: store.size, unit: 'segments' },
  ];
}

/** Bytes of typed arrays once everything that nobody holds is gone; the first collection leaves some of it to the next. */
async function heldBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await sleep(50);
  }
  return process.memoryUsage().arrayBuffers;
}

async function cpu<T>(act: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  const before = process.cpuUsage();
  const result = await act();
  const { user, system } = process.cpuUsage(before);
  return { ms: (user + system) / 1_000, result };
}
