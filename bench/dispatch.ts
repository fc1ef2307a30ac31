/** What a round of dispatch costs where the caps are full: 8,000 records of 40 sources, 60 of them under way. */
import { hash } from 'node:crypto';
import type { IngestionFile } from '../src/api/ingestionfile.ts';
import type { Outcome, Supply } from '../src/api/supply.ts';
import { dispatch } from '../src/dispatch/dispatch.ts';
import { silentLog } from '../src/observability/logger.ts';
import { systemClock } from '../src/std/clock.ts';

const RECORDS = 8_000;
const SOURCES = 40;
const SECONDS = 10;

const name = (n: number) => `checkout-${n}`;
const record = (n: number, state: 'Pending' | 'Completed'): IngestionFile => ({
  apiVersion: 'spanferry.io/v1alpha1',
  kind: 'IngestionFile',
  metadata: {
    namespace: `team-${n % SOURCES}`,
    name: name(n),
    uid: `uid-${n}`,
    resourceVersion: '1',
    ownerReferences: [{ apiVersion: 'spanferry.io/v1alpha1', kind: 'IngestionSource', name: 'checkout', uid: `source-${n % SOURCES}` }],
  },
  spec: {
    sourceRef: { name: 'checkout' },
    key: `agents/prod/2026/11/20/monocle_trace_${n}.json`,
    version: `etag-${n}`,
    size: 4_096,
    modifiedTime: '2026-11-20T10:00:00Z',
    worker: `worker-${n % 4}`,
  },
  status: { state, attempts: 1, retries: 0, startTime: '2026-11-20T10:00:00Z' },
});

const records = new Map(Array.from({ length: RECORDS }, (_, n) => [name(n), record(n, n < 60 ? 'Pending' : 'Completed')]));
const ledger = new Map<string, Outcome>();
const supplies = Array.from(
  { length: SOURCES },
  (_, n): Supply => ({
    source: { namespace: `team-${n}`, name: 'checkout', uid: `source-${n}` },
    history: { completed: 1_000, failed: 100 },
    waiting: () => [],
    take: () => [],
    offer: () => true,
    nameOf: ({ key }) => key,
    giveBack: () => {},
    outcome: ({ key, version }) => ledger.get(hash('sha256', key) + hash('sha256', version)),
    remember: async (_record, endings) => {
      for (const { file, outcome } of endings) ledger.set(hash('sha256', file.key) + hash('sha256', file.version), outcome);
    },
    lost: () => {},
  }),
);

let rounds = 0;
const dispatcher = dispatch({
  records: {
    all: () => records.values(),
    find: ({ metadata }) => records.get(metadata.name),
    create: async () => Promise.reject(new Error('nothing is created here')),
    bind: async (each) => each,
    setStatus: async (each) => each,
    adopt: async (each) => each,
    remove: async () => {},
  },
  workers: {
    alive: () => Array.from({ length: 4 }, (_, n) => ({ name: `worker-${n}`, slots: 32, waiting: 0 })),
    fate: () => 'working',
  },
  supplies: () => {
    rounds++;
    return supplies;
  },
  isWanted: () => true,
  mayWrite: () => true,
  clock: systemClock,
  log: silentLog,
});

const stop = new AbortController();
const running = dispatcher.run(stop.signal);
await systemClock.sleep(1_000);
rounds = 0;
const before = process.cpuUsage();
// A hundred verdicts a second, each a new copy of its record.
for (let tick = 0; tick < 100 * SECONDS; tick++) {
  const n = 60 + (tick % (RECORDS - 60));
  records.set(name(n), record(n, 'Completed'));
  dispatcher.wake();
  await systemClock.sleep(10);
}
const { user, system } = process.cpuUsage(before);
stop.abort();
await running;
const ms = (user + system) / 1_000;
console.log(
  `${RECORDS} records, 100 verdicts a second: ${(rounds / SECONDS).toFixed(1)} rounds a second, ${(ms / rounds).toFixed(1)} ms of CPU each, ${((100 * ms) / (1_000 * SECONDS)).toFixed(0)} % of one core`,
);
