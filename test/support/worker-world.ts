import { Failed, fail } from '../../src/api/failure.ts';
import type { FileStatus, IngestionFile } from '../../src/api/ingestionfile.ts';
import type { IngestionSource } from '../../src/api/ingestionsource.ts';
import { parseSource } from '../../src/api/parse.ts';
import type { Reason } from '../../src/api/reasons.ts';
import type { Batch, Consignment, Outcome } from '../../src/delivery/outcome.ts';
import { type Log, logger } from '../../src/observability/logger.ts';
import { noTracing } from '../../src/observability/tracing.ts';
import { defaultSettings, type Summary, type Transcode } from '../../src/transcode/port.ts';
import { gathering } from '../../src/worker/gather.ts';
import type { Connection, Connections, Observer } from '../../src/worker/port.ts';
import { type Worker, type WorkerOptions, worker } from '../../src/worker/worker.ts';
import { many } from './traces/many.ts';
import { type VirtualClock, virtualClock } from './virtual-clock.ts';

/** A worker among records, sources and connections that live in memory; the test says what each of them does. */
export type WorkerWorld = {
  readonly clock: VirtualClock;
  readonly worker: Worker;
  /** What the API server has. */
  readonly stored: Map<string, IngestionFile>;
  readonly put: (record: IngestionFile) => void;
  readonly status: (name: string) => FileStatus | undefined;
  /** While it is false, the worker's copy stands still. */
  readonly follow: (on: boolean) => void;
  /** The statuses written, in order. */
  readonly writes: FileStatus[];
  /** Each batch sent, as "file#index". */
  readonly sent: string[];
  readonly log: () => readonly Readonly<Record<string, unknown>>[];
  readonly edit: (spec: Partial<IngestionSource['spec']>, metadata?: Partial<IngestionSource['metadata']>) => void;
};

export type WorldOptions = {
  /** What the destination says to a batch; default: takes it. */
  readonly send?: (batch: Batch | Consignment, file: string, signal: AbortSignal) => Promise<Outcome> | Outcome;
  /** What the API server says to a write before it takes place; throws to refuse it. */
  readonly onWrite?: (status: FileStatus, record: IngestionFile) => void;
  /** The same after it took place: an answer that gets lost. */
  readonly afterWrite?: (status: FileStatus) => void;
  readonly transcode?: Transcode;
  readonly connections?: Partial<Connections>;
  readonly connection?: Partial<Connection>;
  readonly ready?: (file: string, signal: AbortSignal) => Promise<void>;
  readonly observer?: Observer;
  readonly concurrency?: number;
  readonly more?: Partial<WorkerOptions>;
};

export const aSource = (spec: object = {}): IngestionSource => {
  const parsed = parseSource({
    apiVersion: 'spanferry.io/v1alpha1',
    kind: 'IngestionSource',
    metadata: { name: 'checkout', namespace: 'ml-platform', uid: 'source-1', generation: 1 },
    spec: { store: { s3: { bucket: 'acme-traces', region: 'us-east-1' } }, ...spec },
  });
  if (!parsed.ok) throw new Error(parsed.failure.message);
  return parsed.value;
};

const aSummary = (batches: number): Summary => ({
  format: 'OTLP JSON',
  spans: 10 * batches,
  rejectedSpans: 0,
  traces: 1,
  rejected: [],
  bytes: 1_000 * batches,
  batches,
  services: ['checkout'],
  applicationIds: [],
  warnings: [],
});

/** Every file has so many batches of ten spans. */
export const filesOf =
  (batches: number): Transcode =>
  async (_input, _settings, take, signal) => {
    for (let index = 0; index < batches; index++) {
      signal?.throwIfAborted();
      await take({ index, body: new Uint8Array(8), spans: 10 });
    }
    return aSummary(batches);
  };

export const taken = (spans = 10): Outcome => ({ state: 'done', accepted: spans, rejectedSpans: 0, rejected: [], requests: 1, bytes: 8 });
export const refusal = (reason: Reason, message = 'what was seen'): Failed => new Failed({ reason, message });

export function workerWorld(options: WorldOptions = {}): WorkerWorld {
  const clock = virtualClock();
  const stored = new Map<string, IngestionFile>();
  const copy = new Map<string, IngestionFile>();
  const [writes, sent, lines]: [FileStatus[], string[], string[]] = [[], [], []];
  let source = aSource();
  let follows = true;
  let version = 100;
  const log: Log = logger({ to: { write: (line) => void lines.push(line) } });

  const store = (record: IngestionFile): IngestionFile => {
    const next = { ...record, metadata: { ...record.metadata, resourceVersion: `${++version}` } };
    stored.set(record.metadata.name, next);
    if (follows) copy.set(record.metadata.name, next);
    return next;
  };
  const catchUp = () => {
    for (const name of copy.keys()) if (!stored.has(name)) copy.delete(name);
    for (const [name, record] of stored) copy.set(name, record);
  };
  const sender: Connection['sender'] = {
    send: async (batch, { file, signal }) => {
      sent.push(`${file.replace('uid-of-', '')}#${'batch' in batch ? batch.batch.index : batch.index}`);
      return (await options.send?.(batch, file, signal)) ?? taken('batch' in batch ? batch.batch.spans : batch.spans);
    },
    ready: options.ready ?? (async () => {}),
  };
  const connection: Connection = {
    store: { open: async function* () {} },
    sender,
    gathering: gathering({ sender, maxBytes: defaultSettings.maxBatchBytes, clock }),
    fingerprint: 'f',
    replaced: new AbortController().signal,
    release: () => {},
    ...options.connection,
  };
  const made = worker({
    records: {
      mine: () => copy.values(),
      reread: async ({ metadata }) => stored.get(metadata.name),
      setStatus: async (record, status) => {
        options.onWrite?.(status, record);
        const there = stored.get(record.metadata.name);
        if (there?.metadata.resourceVersion !== record.metadata.resourceVersion) fail('ObjectChanged', 'somebody else was faster');
        const written = store({ ...record, status });
        writes.push(status);
        options.afterWrite?.(status);
        return written;
      },
    },
    sources: { of: () => source },
    connections: { to: async () => connection, doubt: () => {}, renew: async () => {}, ...options.connections },
    transcode: options.transcode ?? filesOf(1),
    transcodeMany: many(options.transcode ?? filesOf(1)),
    settings: () => defaultSettings,
    clock,
    log,
    tracing: noTracing,
    tenure: () => ({ signal: new AbortController().signal }),
    concurrency: options.concurrency ?? 16,
    bytes: 1_000_000_000,
    publish: () => {},
    ...(options.observer && { observer: options.observer }),
    ...options.more,
  });

  return {
    clock,
    worker: made,
    stored,
    put: (record) => {
      store(record);
      made.wake();
    },
    status: (name) => stored.get(name)?.status,
    follow: (on) => {
      follows = on;
      if (on) catchUp();
      made.wake();
    },
    writes,
    sent,
    log: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    edit: (spec, metadata = {}) => {
      source = { ...source, metadata: { ...source.metadata, ...metadata }, spec: { ...source.spec, ...spec } };
      made.wake();
    },
  };
}
