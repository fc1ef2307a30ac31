import { Failed } from '../api/failure.ts';
import { apiVersion } from '../api/kind.ts';
import { takesAll } from '../api/match.ts';
import { controller } from '../control/controller.ts';
import { runParts } from '../control/manager.ts';
import { longRunning, type Part } from '../control/part.ts';
import { queue } from '../control/queue.ts';
import type { OwnDestination } from '../delivery/destination.ts';
import { dispatch } from '../dispatch/dispatch.ts';
import type { WriteShare } from '../kube/budget.ts';
import { type Copy, copies } from '../kube/copies.ts';
import { type Lead, runElection } from '../kube/election.ts';
import { isKube } from '../kube/errors.ts';
import { recorder } from '../kube/events.ts';
import { keyOf, type Ref } from '../kube/meta.ts';
import type { File, Source } from '../kube/ownkinds.ts';
import type { Resources } from '../kube/resources.ts';
import { roster } from '../kube/roster.ts';
import type { Log } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Tracing } from '../observability/tracing.ts';
import type { Secrets } from '../sources/port.ts';
import { createSources } from '../sources/sources.ts';
import type { Clock } from '../std/clock.ts';
import type { Stores } from '../stores/registry.ts';
import { allLedgers } from './ledgers.ts';
import { sourceObserver } from './observers.ts';
import { packedFiles } from './packs.ts';
import type { Policy } from './policy.ts';
import { dispatchRecords } from './records.ts';
import type { Settings } from './settings.ts';

export type ManagerPartOptions = {
  readonly name: string;
  readonly resources: Resources;
  readonly sources: Copy<Source>;
  readonly secrets: Secrets;
  readonly stores: Stores;
  readonly own: OwnDestination;
  readonly policy: Policy;
  readonly settings: Settings;
  readonly share: WriteShare;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
};

/** Sources that are looked after at the same time: each may wait for its store. */
const CONCURRENCY = 16;
const DRAIN_MS = 5_000;

/** The manager of a process: it campaigns, and while it leads it scans sources and gives files to workers. */
export function managerPart(options: ManagerPartOptions): Part {
  const { name, resources, settings, share, clock, metrics } = options;
  const log = options.log.with({ part: 'manager' });
  const lease = leaderLease(settings);
  const { annotations } = share;
  return longRunning('election', (stop) =>
    runElection({ leases: resources.leases, lease, identity: name, annotations, clock, log, metrics }, lead({ ...options, log }), stop),
  );
}

/** The Lease of whoever leads. */
export const leaderLease = ({ namespace }: Settings): Ref => ({ namespace, name: 'spanferry-leader' });

const lead =
  (options: ManagerPartOptions): Lead =>
  async (leadership, stop) => {
    const { resources, sources, clock, log, metrics, settings, name } = options;
    const call = { signal: leadership.signal, fence: leadership.assertHeld };
    const files = copies<File, 'source'>(settings.namespaces, {
      indexes: { source: ({ metadata }) => metadata.ownerReferences?.map(({ uid }) => uid) ?? [] },
      onTrouble: (error) => log.warn('cannot follow records', { failure: error.failure }),
      onMisfit: (record, failure) => log.warn('a record that this version does not understand', { record, failure }),
    });
    const packs = packedFiles((record) => files.get(record));
    const team = roster({
      leases: resources.leases,
      namespace: settings.namespace,
      leadership,
      clock,
      log,
      onChange: () => dispatcher.wake(),
    });
    const events = recorder({ events: resources.events, controller: 'spanferry.io/manager', instance: name, clock, log, metrics });
    const work = queue({ name: 'ingestionsource', clock, metrics });

    const managed = createSources({
      sources: {
        get: sources.get,
        isGone: (source) =>
          resources.sources.get(source, call).then(
            () => false,
            (thrown) => {
              // A right that is missing must be told; whatever else it is, the source may be there.
              if (isKube(thrown, 'Forbidden')) throw thrown;
              return isKube(thrown, 'NotFound');
            },
          ),
        setStatus: (source, status) => resources.sources.updateStatus({ ...(source as Source), status }, call),
      },
      secrets: options.secrets,
      openStore: options.stores.open,
      ownDestination: options.own,
      policy: options.policy,
      records: {
        get: (namespace, record) => files.get(keyOf({ namespace, name: record })),
        packsWith: packs.with,
        of: ({ uid }) => files.by('source', uid),
      },
      ledgers: allLedgers(resources.ledgers, settings.namespaces, call),
      tell: ({ metadata }, happening) =>
        events.record({ apiVersion, kind: 'IngestionSource', metadata: metadata as Source['metadata'] }, happening),
      observer: sourceObserver(metrics),
      tracing: options.tracing,
      retryFailed: (uid) => dispatcher.retryFailed(uid),
      wakeDispatch: () => dispatcher.wake(),
      queue: work,
      clock,
      log,
    });
    const dispatcher = dispatch({
      records: dispatchRecords(resources.files, files, call),
      workers: team,
      supplies: managed.supplies,
      isWanted: (record) => {
        const { namespace = '' } = record.metadata;
        const source = sources.get(keyOf({ namespace, name: record.spec.sourceRef.name }));
        return source === undefined || takesAll(source, record);
      },
      mayWrite: leadership.stillHeld,
      clock,
      log,
    });
    const loop = controller({
      name: 'ingestionsource',
      queue: work,
      reconcile: managed.reconcile,
      concurrency: CONCURRENCY,
      clock,
      log,
      metrics,
    });

    const undo = [
      options.share.lead(() => team.alive().length),
      files.onChange(packs.follow),
      files.onChange(({ type, object }) => {
        if (type === 'delete') dispatcher.gone(object);
        else dispatcher.wake();
        managed.recordChanged(object);
      }),
      sources.onChange(({ object }) => work.add(keyOf(object.metadata))),
    ];
    /** Records are read before ledgers: a verdict that is in neither would be ferried twice. */
    const begin: Part = {
      name: 'records in view',
      start: async () => {
        await Promise.all([files.synced, sources.synced]);
        for (const { metadata } of sources.values()) work.add(keyOf(metadata));
      },
    };
    const parts: readonly Part[] = [
      longRunning('events', (end, deadline) => events.run(end, deadline)),
      longRunning('all records', (end) => files.follow((place) => resources.files.watch({ ...place, signal: end }))),
      begin,
      longRunning('roster', (end) => team.run(end)),
      longRunning('ledgers', (end) => managed.run(end)),
      longRunning('sources', (end, abandon) => loop.run(end, abandon)),
      longRunning('dispatch', (end) => dispatcher.run(end)),
    ];
    try {
      const { failure } = await runParts(parts, { clock, log, stop, abandon: leadership.signal, drainMs: DRAIN_MS });
      if (failure) throw new Failed(failure);
    } finally {
      for (const each of undo) each();
      managed.close();
      work.close();
    }
  };
