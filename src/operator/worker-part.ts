import type { Part } from '../control/part.ts';
import { longRunning } from '../control/part.ts';
import { followShare, type WriteShare } from '../kube/budget.ts';
import { type Copy, copies } from '../kube/copies.ts';
import { type Heartbeat, heartbeat } from '../kube/heartbeat.ts';
import { keyOf } from '../kube/meta.ts';
import type { File, Source } from '../kube/ownkinds.ts';
import type { Resources } from '../kube/resources.ts';
import type { Log } from '../observability/logger.ts';
import type { Tracing } from '../observability/tracing.ts';
import type { Clock } from '../std/clock.ts';
import type { Transcode, TranscodeMany, Settings as TranscodeSettings } from '../transcode/port.ts';
import type { Connections, Observer } from '../worker/port.ts';
import { type Worker, worker } from '../worker/worker.ts';
import { leaderLease } from './manager-part.ts';
import { workerRecords } from './records.ts';
import type { Settings } from './settings.ts';

export type WorkerPartOptions = {
  readonly name: string;
  readonly resources: Resources;
  readonly sources: Copy<Source>;
  readonly connections: Connections & { readonly drop: (uid: string) => void };
  readonly transcode: Transcode;
  readonly transcodeMany: TranscodeMany;
  readonly transcoding: Omit<TranscodeSettings, 'format'>;
  readonly settings: Settings;
  readonly share: WriteShare;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  readonly observer?: Observer;
};

export type WorkerPart = { readonly parts: readonly Part[]; readonly canSend: () => boolean; readonly files: Copy<File> };

/** The worker of a process: its Lease, the copy of its records, and the ferry, in the order in which they start. */
export function workerPart(options: WorkerPartOptions): WorkerPart {
  const { name, resources, sources, connections, settings, share, clock } = options;
  const log = options.log.with({ worker: name });
  const files = copies<File>(settings.namespaces, { onTrouble: (error) => log.warn('cannot follow records', { failure: error.failure }) });
  const beat: Heartbeat = heartbeat({
    leases: resources.leases,
    namespace: settings.namespace,
    worker: name,
    capacity: () => ferryman.capacity(),
    clock,
    log,
  });
  const ferryman: Worker = worker({
    records: workerRecords(resources.files, files),
    sources: { of: ({ metadata, spec }) => sources.get(keyOf({ namespace: metadata.namespace ?? '', name: spec.sourceRef.name })) },
    connections,
    transcode: options.transcode,
    transcodeMany: options.transcodeMany,
    settings: ({ spec }) => ({ ...options.transcoding, format: spec.format }),
    clock,
    log,
    tracing: options.tracing,
    ...(options.observer && { observer: options.observer }),
    tenure: beat.tenure,
    concurrency: settings.concurrency,
    bytes: settings.memoryBudgetMb * 1024 * 1024,
    publish: beat.publish,
  });
  files.onChange(ferryman.wake);
  sources.onChange((change) => {
    if (change.type === 'delete') connections.drop(change.object.metadata.uid);
    const isEdited = change.type === 'update' && change.old.metadata.generation !== change.object.metadata.generation;
    if (isEdited) void connections.renew(change.object);
    ferryman.wake();
  });

  const following: Part = {
    ...longRunning('records', (stop) =>
      files.follow((place) => resources.files.watch({ ...place, fieldSelector: `spec.worker=${name}`, signal: stop })),
    ),
  };
  const ferrying = longRunning('ferry', async (stop) => ferryman.run(stop));
  return {
    files,
    canSend: beat.canSend,
    parts: [
      longRunning('write budget', (stop) =>
        followShare({ share, leases: resources.leases, lease: leaderLease(settings), clock, log }, stop),
      ),
      longRunning('heartbeat', (stop) => beat.run(stop)),
      following,
      {
        ...ferrying,
        quiet: ferryman.quiet,
        stop: async (deadline) => {
          await ferryman.drain(deadline);
          await ferrying.stop?.(deadline);
        },
      },
    ],
  };
}
