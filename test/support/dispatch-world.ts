import { fail } from '../../src/api/failure.ts';
import type { FileStatus, IngestionFile } from '../../src/api/ingestionfile.ts';
import type { Candidate, Lane, Outcome, Supply } from '../../src/api/supply.ts';
import { type Dispatch, type DispatchOptions, dispatch } from '../../src/dispatch/dispatch.ts';
import type { Worker } from '../../src/dispatch/port.ts';
import { silentLog } from '../../src/observability/logger.ts';
import { aRecord } from './records.ts';
import { type VirtualClock, virtualClock } from './virtual-clock.ts';

/** A source as dispatch sees it, with a ledger in memory. */
export type FakeSource = Supply & {
  readonly queued: Record<Lane, Candidate[]>;
  readonly ledger: Map<string, Outcome>;
  readonly lostFiles: () => number;
  readonly givenBack: string[];
};

/** Dispatch among records, workers and sources in memory. */
export type DispatchWorld = {
  readonly clock: VirtualClock;
  readonly dispatch: Dispatch;
  /** What the API server has, by name. */
  readonly stored: Map<string, IngestionFile>;
  readonly put: (record: IngestionFile) => IngestionFile;
  readonly remove: (name: string) => void;
  readonly setStatus: (name: string, status: Partial<FileStatus>) => void;
  /** While it is false, the copy stands still. */
  readonly follow: (on: boolean) => void;
  /** Every write that reached the API server, as "verb name". */
  readonly writes: string[];
  readonly workers: Map<string, Worker & { fate: 'working' | 'left' | 'died' }>;
  readonly sources: FakeSource[];
};

export function aCandidate(name: string): Candidate {
  return { name, key: `agents/${name}.json`, version: 'etag', size: 1, modifiedTime: '2026-11-20T10:00:00Z' };
}

/** The way back from the key that `aCandidate` gives. */
const nameOf = ({ key }: Pick<Candidate, 'key'>): string => key.replace(/^agents\/|\.json$/g, '');

export function fakeSource(uid: string, history = { completed: 100, failed: 100 }): FakeSource {
  const ledger = new Map<string, Outcome>();
  const queued: Record<Lane, Candidate[]> = { fresh: [], backlog: [] };
  const givenBack: string[] = [];
  const handedOn = new Set<string>();
  let lost = 0;
  return {
    source: { namespace: 'ml-platform', name: uid, uid },
    history,
    queued,
    ledger,
    givenBack,
    lostFiles: () => lost,
    waiting: (lane) => queued[lane],
    take: (lane, chosen) => {
      queued[lane] = queued[lane].filter((each) => !chosen.includes(each));
      return chosen;
    },
    giveBack: (candidates, _lane, why) => void givenBack.push(...candidates.map(({ name }) => `${name}: ${why?.reason}`)),
    offer: (file) => {
      if (handedOn.has(file.key)) return true;
      handedOn.add(file.key);
      queued.fresh.push({ ...file, name: nameOf(file), alone: true });
      return false;
    },
    nameOf,
    outcome: ({ key }) => ledger.get(key),
    remember: async (_record, endings) => {
      for (const { file, outcome } of endings) ledger.set(file.key, outcome);
    },
    lost: () => void lost++,
  };
}

/** Whose record it is. */
export const of = ({ source }: Supply) => ({
  ownerReferences: [{ apiVersion: 'spanferry.io/v1alpha1', kind: 'IngestionSource', name: source.name, uid: source.uid }],
});

export function dispatchWorld(
  options: Partial<DispatchOptions> & {
    readonly onWrite?: (verb: string, name: string) => void;
    /** The record is created, but nobody hears of it. */
    readonly isAnswerLost?: () => boolean;
  } = {},
): DispatchWorld {
  const clock = virtualClock();
  const stored = new Map<string, IngestionFile>();
  const copy = new Map<string, IngestionFile>();
  const writes: string[] = [];
  const workers: DispatchWorld['workers'] = new Map([['worker-a', { name: 'worker-a', slots: 4, waiting: 0, fate: 'working' }]]);
  const sources = [fakeSource('source-1')];
  let [version, follows] = [100, true];

  const store = (record: IngestionFile): IngestionFile => {
    const next = { ...record, metadata: { ...record.metadata, resourceVersion: `${++version}` } };
    stored.set(record.metadata.name, next);
    if (follows) copy.set(record.metadata.name, next);
    made.wake();
    return next;
  };
  const vanish = (name: string) => {
    const record = stored.get(name);
    stored.delete(name);
    if (follows) show(name, record);
  };
  const show = (name: string, record: IngestionFile | undefined) => {
    copy.delete(name);
    if (record) made.gone(record);
  };
  const checked = (verb: string, record: IngestionFile): void => {
    options.onWrite?.(verb, record.metadata.name);
    if (stored.get(record.metadata.name)?.metadata.resourceVersion !== record.metadata.resourceVersion) fail('ObjectChanged', 'conflict');
    writes.push(`${verb} ${record.metadata.name}`);
  };

  const made: Dispatch = dispatch({
    records: {
      all: () => copy.values(),
      find: ({ metadata }) => copy.get(metadata.name),
      create: async ({ name, source, spec }) => {
        options.onWrite?.('create', name);
        if (stored.has(name)) fail('ObjectChanged', 'there is one already');
        writes.push(`create ${name}`);
        const record = store({ ...aRecord({}, {}, { name, ...of({ source } as Supply) }), spec });
        if (options.isAnswerLost?.()) fail('ApiUnavailable', 'no answer');
        return record;
      },
      bind: async (record, worker) => {
        checked(`bind to ${worker}:`, record);
        return store({ ...record, spec: { ...record.spec, worker } });
      },
      setStatus: async (record, status) => {
        checked(`${status.state}`, record);
        return store({ ...record, status });
      },
      adopt: async (record, source) => {
        checked('adopt', record);
        return store({ ...record, metadata: { ...record.metadata, ...of({ source } as Supply) } });
      },
      remove: async (record) => {
        checked('remove', record);
        vanish(record.metadata.name);
      },
    },
    workers: {
      alive: () => [...workers.values()].filter(({ fate }) => fate === 'working'),
      fate: (name) => workers.get(name)?.fate ?? 'died',
    },
    supplies: () => sources,
    isWanted: () => true,
    mayWrite: () => true,
    clock,
    log: silentLog,
    ...options,
  });

  return {
    clock,
    dispatch: made,
    stored,
    put: store,
    remove: vanish,
    setStatus: (name, status) => {
      const record = stored.get(name) as IngestionFile;
      store({ ...record, status: { ...record.status, ...status } });
    },
    follow: (on) => {
      follows = on;
      if (!on) return;
      for (const [name, record] of copy) if (!stored.has(name)) show(name, record);
      for (const [name, record] of stored) copy.set(name, record);
      made.wake();
    },
    writes,
    workers,
    sources,
  };
}
