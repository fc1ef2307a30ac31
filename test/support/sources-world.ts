import { Failed, type Failure } from '../../src/api/failure.ts';
import type { IngestionFile } from '../../src/api/ingestionfile.ts';
import type { IngestionSource, SourceStatus } from '../../src/api/ingestionsource.ts';
import { parseFile, parseSource } from '../../src/api/parse.ts';
import type { Candidate, FileKey, Lane, Supply } from '../../src/api/supply.ts';
import { controller } from '../../src/control/controller.ts';
import { queue as newQueue } from '../../src/control/queue.ts';
import { endingsOf } from '../../src/dispatch/pack.ts';
import type { LedgerObjects } from '../../src/ledger/ledger.ts';
import type { SegmentSpec } from '../../src/ledger/segment.ts';
import { silentLog } from '../../src/observability/logger.ts';
import { metrics as newMetrics } from '../../src/observability/metrics.ts';
import { secretCache } from '../../src/operator/secrets.ts';
import type { Happening, StoredLedger } from '../../src/sources/port.ts';
import { createSources, type SourcesPart } from '../../src/sources/sources.ts';
import { type MemoryStore, memoryStore } from './memory-store.ts';
import { type VirtualClock, virtualClock } from './virtual-clock.ts';

const key = 'ml-platform/checkout-agents';

const isSame = (a: FileKey, b: FileKey): boolean => a.key === b.key && a.version === b.version;

/** All around the sources part: an API server, a bucket, a dispatch that does what the test says. */
export type World = {
  readonly clock: VirtualClock;
  readonly store: MemoryStore;
  readonly secrets: Map<string, Readonly<Record<string, string>>>;
  readonly segments: Map<number, { spec: SegmentSpec; token: string }>;
  /** Segments written so far. */
  readonly puts: () => number;
  readonly records: Map<string, IngestionFile>;
  readonly events: Happening[];
  /** Every status that was written, and when. */
  readonly writes: { readonly at: number; readonly status: SourceStatus }[];
  readonly retried: string[];
  readonly ledgers: StoredLedger[];
  /** What was done to ledgers by sweeping. */
  readonly swept: string[];
  refusal: Failure | undefined;
  /** When dispatch has begun all failed records again. */
  begun: Promise<void>;
  readonly source: () => IngestionSource;
  /** Changes the spec as an edit does, or the metadata. */
  readonly edit: (change: { readonly spec?: object; readonly annotations?: Readonly<Record<string, string>> }) => void;
  readonly remove: () => void;
  /** Made anew under the same name. */
  readonly remake: () => void;
  readonly part: () => SourcesPart;
  readonly supply: () => Supply;
  /** Takes the next file of a lane. */
  readonly take: (lane: Lane) => Candidate | undefined;
  /** A new leader: everything in memory is gone. */
  readonly newLeader: () => void;
  /** Takes a file and makes its record. */
  readonly bind: (lane: Lane) => Candidate | undefined;
  /** Ends a record and lets the ledger know; `gone` prunes it. */
  readonly finish: (name: string, state?: 'Completed' | 'Failed', status?: object) => void;
  /** Records whose verdict is written in the ledger. */
  readonly written: ReadonlySet<string>;
  readonly prune: (name: string) => void;
  readonly putRecord: (name: string, status: object, spec?: object) => void;
  /** Lets everything happen that needs no time, until it holds. */
  readonly until: (holds: () => boolean, what?: string) => Promise<void>;
  /** Lets time pass until it holds, for as long at most. */
  readonly within: (ms: number, holds: () => boolean, stepMs?: number) => Promise<void>;
  readonly ready: () => { readonly status: string; readonly reason: string; readonly message: string } | undefined;
  readonly end: () => void;
};

const bucket = { s3: { bucket: 'acme-traces', prefix: 'agents/prod/' } };

export function sourcesWorld(
  spec: object = {},
  options: { readonly pageSize?: number; readonly annotations?: Record<string, string> } = {},
): World {
  const clock = virtualClock();
  const metrics = newMetrics();
  const store = memoryStore({ prefix: 'agents/prod/', now: clock.now, ...options });
  const secrets: World['secrets'] = new Map();
  const segments: World['segments'] = new Map();
  const records: World['records'] = new Map();
  const events: Happening[] = [];
  const writes: { at: number; status: SourceStatus }[] = [];
  const retried: string[] = [];
  const ledgers: StoredLedger[] = [];
  const swept: string[] = [];
  const written = new Set<string>();
  let uid = 1;
  let puts = 0;
  const queue = newQueue({ name: 'sources', clock, metrics, random: () => 0.5 });
  const stop = new AbortController();
  let version = 1;
  let raw: Record<string, unknown> | undefined = {
    apiVersion: 'spanferry.io/v1alpha1',
    kind: 'IngestionSource',
    metadata: {
      namespace: 'ml-platform',
      name: 'checkout-agents',
      uid: 'source-uid',
      generation: 1,
      resourceVersion: '1',
      creationTimestamp: new Date(clock.now()).toISOString(),
      ...(options.annotations && { annotations: options.annotations }),
    },
    spec: { store: bucket, ...spec },
  };

  let removed: Partial<IngestionSource['metadata']> = {};
  let parsed: { readonly raw: unknown; readonly source: IngestionSource } | undefined;
  const source = (): IngestionSource => {
    if (parsed && parsed.raw === raw) return parsed.source;
    const result = parseSource(raw);
    if (!result.ok) throw new Error(result.failure.message);
    parsed = { raw, source: result.value };
    return result.value;
  };

  const objects: LedgerObjects = {
    list: async () => [...segments.values()],
    put: async (spec, token) => {
      if (segments.get(spec.number)?.token !== token) throw new Failed({ reason: 'ObjectChanged', message: 'somebody else wrote' });
      const next = `${++version}`;
      puts++;
      segments.set(spec.number, { spec: structuredClone(spec), token: next });
      return next;
    },
  };

  const world = { refusal: undefined as Failure | undefined, begun: Promise.resolve() };
  const newPart = (): SourcesPart =>
    createSources({
      sources: {
        isGone: async ({ name }) => name !== 'of-tomorrow',
        get: (wanted) => (raw && wanted === key ? source() : undefined),
        setStatus: async (over, status) => {
          const now = source();
          if (over.metadata.resourceVersion !== now.metadata.resourceVersion) {
            throw new Failed({ reason: 'ObjectChanged', message: 'the source was changed' });
          }
          raw = { ...raw, status, metadata: { ...now.metadata, resourceVersion: `${++version}` } };
          writes.push({ at: clock.monotonic(), status });
          return source();
        },
      },
      secrets: secretCache(async (_namespace, name) => secrets.get(name), clock),
      records: {
        get: (_namespace, name) => records.get(name),
        packsWith: (_source, file) => [...records.values()].filter(({ spec }) => spec.pack?.some((each) => isSame(each, file))),
        of: () => records.values(),
      },
      ledgers: {
        of: () => objects,
        all: async () => ledgers,
        markOrphaned: async ({ name }, since) => void swept.push(`${name} ${since === undefined ? 'is back' : 'has no source'}`),
        remove: async ({ name }) => void swept.push(`${name} removed`),
      },
      openStore: async () => store,
      policy: { refusal: () => world.refusal, operatorIdentity: () => true },
      ownDestination: { endpoint: 'http://collector:4318' },
      tell: (_source, happening) => void events.push(happening),
      queue,
      clock,
      log: silentLog,
      retryFailed: (uid) => {
        retried.push(uid);
        return world.begun;
      },
      wakeDispatch: () => {},
      random: () => 0.5,
    });
  let part = newPart();
  let leadership = new AbortController();
  void part.run(leadership.signal);
  const loop = controller({
    name: 'sources',
    queue,
    reconcile: (each, signal) => part.reconcile(each, signal),
    concurrency: 1,
    clock,
    log: silentLog,
    metrics,
  });
  void loop.run(stop.signal, stop.signal);
  queue.add(key);

  const supply = (): Supply => {
    const [first] = part.supplies();
    if (!first) throw new Error('no supply: the ledger is not open');
    return first;
  };

  const take = (lane: Lane): Candidate | undefined => {
    const from = supply();
    for (let [next] = from.waiting(lane); next; [next] = from.waiting(lane)) {
      const [taken] = from.take(lane, [next]);
      if (taken) return taken;
    }
    return undefined;
  };

  const putRecord = (name: string, status: object, more: object = {}): void => {
    const before = records.get(name);
    const parsed = parseFile({
      apiVersion: 'spanferry.io/v1alpha1',
      kind: 'IngestionFile',
      metadata: {
        namespace: 'ml-platform',
        name,
        uid: `uid-${name}`,
        creationTimestamp: new Date(clock.now()).toISOString(),
        ownerReferences: [{ apiVersion: 'spanferry.io/v1alpha1', kind: 'IngestionSource', name: 'checkout-agents', uid: 'source-uid' }],
        ...before?.metadata,
      },
      spec: {
        sourceRef: { name: 'checkout-agents' },
        ...(before?.spec ??
          ('pack' in more
            ? {}
            : { key: `agents/prod/${name}.json`, version: 'v0', size: 1, modifiedTime: new Date(clock.now()).toISOString() })),
        ...more,
      },
      status,
    });
    if (!parsed.ok) throw new Error(parsed.failure.message);
    records.set(name, parsed.value);
    // It begins, perhaps for the second time.
    if (parsed.value.status.state === 'Pending') written.delete(name);
    part.recordChanged(parsed.value);
  };

  return {
    ...{ clock, store, secrets, segments, records, events, writes, retried, ledgers, swept, written, source, supply, take, putRecord },
    get refusal() {
      return world.refusal;
    },
    set refusal(failure) {
      world.refusal = failure;
    },
    get begun() {
      return world.begun;
    },
    set begun(promise) {
      world.begun = promise;
    },
    edit: ({ spec: edited, annotations }) => {
      const now = source();
      const generation = (now.metadata.generation ?? 1) + (edited ? 1 : 0);
      raw = {
        ...raw,
        spec: { ...(raw?.spec as object), ...edited },
        metadata: {
          ...now.metadata,
          generation,
          resourceVersion: `${++version}`,
          annotations: { ...now.metadata.annotations, ...annotations },
        },
      };
      queue.add(key);
    },
    remove: () => {
      removed = source().metadata;
      raw = undefined;
      queue.add(key);
    },
    remake: () => {
      const { namespace, name, creationTimestamp } = removed;
      const metadata = { namespace, name, creationTimestamp, uid: `source-uid-${++uid}`, generation: 1, resourceVersion: `${++version}` };
      raw = { apiVersion: 'spanferry.io/v1alpha1', kind: 'IngestionSource', metadata, spec: { store: bucket, ...spec } };
      queue.add(key);
    },
    puts: () => puts,
    part: () => part,
    newLeader: () => {
      leadership.abort();
      part.close();
      part = newPart();
      leadership = new AbortController();
      void part.run(leadership.signal);
      queue.add(key);
    },
    bind: (lane) => {
      const candidate = part.supplies().length > 0 ? take(lane) : undefined;
      if (!candidate) return undefined;
      const { name, ...file } = candidate;
      putRecord(name, {}, file);
      return candidate;
    },
    finish: (name, state = 'Completed', more = {}) => {
      putRecord(name, {
        ...{ spans: 10, bytes: 1_000, ...more },
        ...{ state, attempts: 1, retries: 0, completionTime: new Date(clock.now()).toISOString() },
        ...(state === 'Failed' && { reason: 'InvalidJSON', message: 'broken at byte 12' }),
      });
      const record = records.get(name) as IngestionFile;
      void supply()
        .remember(record, endingsOf(record))
        // Its name may be that of another record by now.
        .then(() => records.get(name) === record && written.add(name));
    },
    prune: (name) => {
      const record = records.get(name);
      records.delete(name);
      if (record) part.recordChanged(record);
    },
    until: async (holds, what = holds.toString()) => {
      for (let tries = 0; tries < 20_000; tries++) {
        if (holds()) return;
        await new Promise((resolve) => setImmediate(resolve));
      }
      throw new Error(`this never came to be: ${what}`);
    },
    within: async (ms, holds, stepMs = 500) => {
      for (let passed = 0; passed < ms; passed += stepMs) {
        for (let tries = 0; tries < 30; tries++) {
          if (holds()) return;
          await new Promise((resolve) => setImmediate(resolve));
        }
        await clock.advance(stepMs);
      }
      throw new Error(`this did not come to be within ${ms / 1_000} seconds: ${holds}`);
    },
    ready: () => source().status.conditions?.find(({ type }) => type === 'Ready'),
    end: () => {
      stop.abort();
      leadership.abort();
      part.close();
    },
  };
}
