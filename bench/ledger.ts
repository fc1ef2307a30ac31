/** What the ledger costs: opening it (a new leader waits for that), remembering, and the bytes that go to the API server. */
import { identities } from '../src/ledger/identity.ts';
import { type Ledger, type LedgerObjects, openLedger } from '../src/ledger/ledger.ts';
import type { SegmentSpec } from '../src/ledger/segment.ts';

const identityOf = identities({ kind: 's3', endpoint: '', bucket: 'acme-traces' });
const file = (n: number) => identityOf({ key: `agents/prod/monocle_trace_${n}.json`, version: `etag-${n}` });

const stored = new Map<number, { spec: SegmentSpec; token: string }>();
let [puts, bytes, tokens] = [0, 0, 0];
const objects: LedgerObjects = {
  list: async () => [...stored.values()],
  put: async (spec) => {
    puts++;
    bytes += JSON.stringify(spec).length;
    const token = `${++tokens}`;
    stored.set(spec.number, { spec, token });
    return token;
  },
};

async function open(): Promise<Ledger> {
  const result = await openLedger(objects, stored.size);
  if (!result.ok) throw new Error(result.failure.message);
  return result.ledger;
}

async function measured<T>(what: string, act: () => Promise<T>): Promise<T> {
  const before = process.cpuUsage();
  const [putsBefore, bytesBefore] = [puts, bytes];
  const result = await act();
  const { user, system } = process.cpuUsage(before);
  const written = puts > putsBefore ? `, ${puts - putsBefore} writes of ${((bytes - bytesBefore) / 1_000).toFixed(0)} kB in all` : '';
  console.log(`${what}: ${((user + system) / 1_000).toFixed(0)} ms of CPU${written}`);
  return result;
}

/** As verdicts come: 30 files a second, a write every five seconds. */
async function remember(ledger: Ledger, from: number, to: number, atOnce: number): Promise<void> {
  for (let n = from; n < to; n++) {
    void ledger.append({ entries: [{ ...file(n), outcome: n % 100 === 0 ? 'failed' : 'completed' }], spans: 10, bytes: 4_096 });
    if ((n + 1) % atOnce === 0) await ledger.flush();
  }
  await ledger.flush();
}

let ledger = await open();
await measured('1,000 files at 30 a second, a write every 5 s', () => remember(ledger, 0, 1_000, 150));
await measured('9,000 more', () => remember(ledger, 1_000, 10_000, 150));
ledger = await measured('opening 10,000 entries', open);
await measured('to 1,000,000 entries, 5,000 at once', () => remember(ledger, 10_000, 1_000_000, 5_000));
ledger = await measured(`opening ${ledger.counts().entries} entries in ${stored.size} segments`, open);
await measured('1,000 files more, at 30 a second', () => remember(ledger, 1_000_000, 1_001_000, 150));
await measured('1,000,000 questions', async () => {
  for (let n = 0; n < 1_000_000; n++) ledger.lookup(file(n));
});
const { arrayBuffers } = process.memoryUsage();
console.log(`memory of typed arrays: ${(arrayBuffers / ledger.counts().entries).toFixed(1)} bytes a file at most`);
