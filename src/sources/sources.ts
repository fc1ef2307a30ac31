import { failureOf } from '../api/failure.ts';
import type { IngestionFile } from '../api/ingestionfile.ts';
import type { Supply } from '../api/supply.ts';
import type { Reconcile } from '../control/controller.ts';
import type { Queue } from '../control/queue.ts';
import { noTracing } from '../observability/tracing.ts';
import { type Care, type CareOptions, care } from './care.ts';
import type { StoredLedger } from './port.ts';
import { sweeps } from './sweep.ts';

export type SourcesOptions = Omit<CareOptions, 'again' | 'observer' | 'tracing'> & {
  /** Where rounds of sources are asked for, by "namespace/name". */
  readonly queue: Pick<Queue, 'add' | 'addAfter'>;
  readonly observer?: CareOptions['observer'];
  readonly tracing?: CareOptions['tracing'];
};

/** The manager's part for IngestionSources. It lives as long as the leadership. */
export type SourcesPart = {
  /** For the controller; keys are "namespace/name". */
  readonly reconcile: Reconcile;
  /** For dispatch: the sources whose ledger is open. */
  readonly supplies: () => readonly Supply[];
  /** A record was created, changed or deleted. */
  readonly recordChanged: (record: IngestionFile) => void;
  /** Writes ledgers and sweeps, until the signal; then writes what is left. */
  readonly run: (stop: AbortSignal) => Promise<void>;
  /** Ends every listing and forgets everything. */
  readonly close: () => void;
};

const FLUSH_LOOK_MS = 1_000;
const SWEEP_EVERY_MS = 3_600_000;

export function createSources(options: SourcesOptions): SourcesPart {
  const { sources, queue, clock, ledgers, log, observer = {}, tracing = noTracing } = options;
  const cares = new Map<string, Care>();

  /** What the last records of a source that is gone came to is written first: one made anew under its name goes on with that. */
  const drop = async (key: string): Promise<void> => {
    const gone = cares.get(key);
    cares.delete(key);
    gone?.close();
    await gone?.flush('all');
  };

  const reconcile: Reconcile = async (key, signal) => {
    const source = sources.get(key);
    const known = cares.get(key);
    if (!source || source.metadata.deletionTimestamp !== undefined) {
      await drop(key);
      return { do: 'done' };
    }
    if (known && known.uid === source.metadata.uid) return known.round(source, signal);
    await drop(key);
    const again = (ms: number) => queue.addAfter(key, ms);
    const taken = care(source, { ...options, observer, tracing, again });
    cares.set(key, taken);
    return taken.round(source, signal);
  };

  const hasSource = ({ namespace, name }: StoredLedger): boolean => sources.get(`${namespace}/${name}`) !== undefined;

  const sweep = async (): Promise<void> => {
    try {
      for (const { ledger, ...todo } of sweeps(await ledgers.all(), hasSource, clock.now())) {
        if (todo.do !== 'unmark' && !(await sources.isGone(ledger))) continue;
        if (todo.do === 'remove') {
          log.info('ledger of a source that is gone is removed', { source: `${ledger.namespace}/${ledger.name}` });
          await ledgers.remove(ledger);
        } else await ledgers.markOrphaned(ledger, todo.do === 'mark' ? todo.since : undefined);
      }
    } catch (thrown) {
      log.warn('cannot sweep ledgers', { failure: failureOf(thrown) });
    }
  };

  const run = async (stop: AbortSignal): Promise<void> => {
    let sweepAt = clock.monotonic() + SWEEP_EVERY_MS / 60;
    while (!stop.aborted) {
      await clock.sleep(FLUSH_LOOK_MS, stop).catch(() => {});
      await Promise.all([...cares.values()].map((each) => each.flush('due')));
      if (stop.aborted || clock.monotonic() < sweepAt) continue;
      sweepAt = clock.monotonic() + SWEEP_EVERY_MS;
      await sweep();
    }
    await Promise.all([...cares.values()].map((each) => each.flush('all')));
  };

  return {
    reconcile,
    supplies: () => [...cares.values()].flatMap((each) => each.supply() ?? []),
    recordChanged: (record) => {
      const { namespace = '' } = record.metadata;
      cares.get(`${namespace}/${record.spec.sourceRef.name}`)?.recordChanged(record);
    },
    run,
    close: () => {
      for (const each of cares.values()) each.close();
      cares.clear();
    },
  };
}
