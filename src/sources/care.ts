import { durationMs } from '../api/duration.ts';
import type { Failure } from '../api/failure.ts';
import { filesOf as filesIn, type IngestionFile } from '../api/ingestionfile.ts';
import type { IngestionSource } from '../api/ingestionsource.ts';
import { platformOf } from '../api/store.ts';
import type { SourceRef, Supply } from '../api/supply.ts';
import type { Outcome as Round } from '../control/controller.ts';
import type { OwnDestination } from '../delivery/destination.ts';
import type { Log } from '../observability/logger.ts';
import type { Tracing } from '../observability/tracing.ts';
import type { Clock } from '../std/clock.ts';
import type { Place } from '../stores/provider.ts';
import { type Census, census } from './census.ts';
import { destinationTrouble } from './destination.ts';
import { filesOf } from './files.ts';
import { keeper } from './keeper.ts';
import { lanes } from './lanes.ts';
import { link } from './link.ts';
import { type Resolution, resolution, resolved, ruleOf } from './modified.ts';
import { nextStep, type Seen, type Step } from './next-step.ts';
import { pause } from './pause.ts';
import type { Ledgers, Observer, OpenStore, Policy, Records, Secrets, Sources, Tell } from './port.ts';
import { publisher } from './publish.ts';
import { scans } from './scans.ts';
import { isFailure, placed, type Selection, selected } from './selection.ts';
import { standingOf } from './standing.ts';
import { supplyOf } from './supply.ts';
import { triggersOf } from './triggers.ts';
import { watermark } from './watermark.ts';

export type CareOptions = {
  readonly sources: Sources;
  readonly secrets: Secrets;
  readonly records: Records;
  readonly ledgers: Ledgers;
  readonly openStore: OpenStore;
  readonly policy: Policy;
  readonly ownDestination: OwnDestination;
  readonly tell: Tell;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  /** Dispatch begins failed records of a source again; resolves when all have begun. */
  readonly retryFailed: (sourceUid: string) => Promise<void>;
  readonly wakeDispatch: () => void;
  /** Another round for this source, after a while. */
  readonly again: (ms: number) => void;
  readonly random?: () => number;
};

/** One source in the care of the leader. */
export type Care = {
  readonly uid: string;
  /** Gather, decide, act until there is nothing to do right now, then summarise. */
  readonly round: (source: IngestionSource, signal: AbortSignal) => Promise<Round>;
  /** Undefined while the ledger is not open: without it nobody knows what is done. */
  readonly supply: () => Supply | undefined;
  readonly recordChanged: (record: IngestionFile) => void;
  /** Writes the ledger where it is time; `all` writes whatever waits. */
  readonly flush: (how: 'due' | 'all') => Promise<void>;
  readonly close: () => void;
};

/** A round that has not come to rest after so many steps comes again. */
const MOST_STEPS = 12;

/** Secrets are looked at so often, even where nothing else is due. */
const LOOK_EVERY_MS = 60_000;

/** Files that wait for a store or destination give their slots back; no more of them are taken while so many wait. */
const MOST_WAITING = 20;

/** One is read while the last bytes of another are delivered. */
const MOST_SLICES = 2;

const CENSUS_EVERY_MS = 1_000;

export function care(first: IngestionSource, options: CareOptions): Care {
  const { clock, records, observer } = options;
  const { namespace = '', name, uid = '' } = first.metadata;
  const ref: SourceRef = { namespace, name, uid };
  const log = options.log.with({ source: `${namespace}/${name}` });
  const closing = new AbortController();
  let source = first;
  let selection: Selection | undefined;
  let refused: Failure | undefined;
  let destination: Failure | undefined;
  let stopped: Failure | undefined;
  let isHalted = true;
  /** Moments that a listing for scan.modified.latest has found, until they are written. */
  let found: { readonly rule: string; readonly after: number } | undefined;
  let counted: { readonly at: number; readonly census: Census } | undefined;

  const voice = publisher(options);
  const wake = () => options.again(0);
  const place = placed(first.spec);
  const memory = keeper({
    objects: options.ledgers.of(ref),
    clock,
    onChange: (failure) => {
      if (failure) log.warn('cannot write the ledger', { failure });
      wake();
    },
    ...(options.random && { random: options.random }),
  });
  const files = filesOf({
    ref,
    identity: isFailure(place) ? nowhere : place.identity,
    keeper: memory,
    records,
    overwritten: () => source.spec.scan.overwritten,
  });
  const upTo = isFailure(place) || place.sliceMs === undefined ? undefined : watermark(place.sliceMs, files.isKnown);
  const way = link({ ...options, open: options.openStore });
  const triggers = triggersOf({ ...{ memory, way, wake, clock }, secrets: options.secrets, beginFailed: () => options.retryFailed(uid) });
  const creation = pause({ clock, random: options.random, onBegin: wake });
  const queues = lanes({
    isWanted: files.isMissing,
    now: clock.monotonic,
    onOffer: options.wakeDispatch,
  });
  const listings = scans({
    lanes: queues,
    missing: (file) => {
      const queued = queues.queued(file);
      if (queued || queues.isTaken(file)) return queued;
      const found = files.look(file);
      // The record of a source that had this name goes soon; nobody will tell.
      if (found === 'foreign') listings.want('a record of an earlier source was in the way');
      return typeof found === 'string' ? undefined : found;
    },
    clock,
    trace: (how, run) =>
      options.tracing.trace('scan', { 'spanferry.namespace': namespace, 'spanferry.source': name, 'spanferry.how': how }, run),
    onChange: wake,
    onListed: (how, { tally, tookMs }) => {
      way.worked();
      const news = tally.new > 0 && how !== 'count' ? 'info' : 'debug';
      log[news]('listed', { how, listed: tally.listed, matched: tally.matched, new: tally.new, tookMs: Math.round(tookMs) });
      observer.listed?.(ref, how, tally.listed, tookMs / 1_000);
    },
    onFailure: way.failed,
    onServed: triggers.scanned,
    onNewest: (rule, after) => {
      found = { rule, after };
    },
  });

  const censusNow = (): Census => {
    if (!counted || clock.monotonic() - counted.at >= CENSUS_EVERY_MS) counted = { at: clock.monotonic(), census: census(records.of(ref)) };
    return counted.census;
  };

  const standing = standingOf({ ...{ ref, memory, way, listings, triggers, upTo, creation, observer, clock }, census: censusNow });

  // Gather

  const resolutionNow = (): Resolution =>
    resolution(source.spec, memory.ledger()?.head().modified, {
      generation: source.metadata.generation ?? 1,
      created: Date.parse(source.metadata.creationTimestamp ?? '') || clock.now(),
      now: clock.now(),
    });

  const gather = async (): Promise<Seen> => {
    const modified: Resolution = memory.ledger() ? resolutionNow() : { is: 'known', after: 0 };
    const after = modified.is === 'known' ? modified.after : 0;
    refused = isFailure(place) ? place : options.policy.refusal(namespace, source.spec);
    const read = selected(selection, source.spec, after);
    if (isFailure(read)) refused ??= read;
    else selection = read;
    destination = await destinationTrouble(namespace, source.spec, options.ownDestination, options.secrets);
    if (!refused && !source.spec.suspend && (await way.update(source))) listings.halt();
    const retry = triggers.retry();
    return {
      now: clock.monotonic(),
      suspended: source.spec.suspend,
      asked: triggers.asked(source),
      ledger: memory.health(),
      ...(retry && { retry }),
      ...(refused && { refused }),
      modified: modified.is,
      store: way.health(),
      selection: selection?.digest ?? '',
      intervalMs: durationMs(source.spec.scan.interval),
      ...listings.seen(),
    };
  };

  // Act

  const act = async (step: Exclude<Step, { do: 'wait' | 'report' }>, signal: AbortSignal): Promise<void> => {
    switch (step.do) {
      case 'open ledger':
        listings.halt();
        return triggers.openLedger(source, step.acceptToken);
      case 'test':
        return triggers.test(step.token, { source, selection, refused }, signal);
      case 'retry failed':
        await triggers.retryFailed(step.token);
        return listings.want('failed files are retried');
      case 'end retry':
        return triggers.endRetry(step.token);
      case 'write modified': {
        const now = resolutionNow();
        if (now.is === 'to write') await memory.write(() => ({ modified: now.modified }));
        return;
      }
      case 'probe':
        return way.probe(signal);
      case 'list':
        return begin(step);
      default:
        return step satisfies never;
    }
  };

  const begin = ({ how, because, token }: Extract<Step, { do: 'list' }>): void => {
    const store = way.store();
    if (!store || !selection || closing.signal.aborted) return;
    log.debug('listing begins', { how, because });
    const latest = source.spec.scan.modified?.latest;
    listings.start({
      how,
      selection: selection.digest,
      store,
      filter: selection.filter,
      notBefore: selection.notBefore,
      ...(latest !== undefined && { latest: { rule: ruleOf(source.spec), count: latest } }),
      ...(token !== undefined && { token }),
    });
  };

  /** What listings found out for the ledger. */
  const writeFindings = async (): Promise<void> => {
    if (found && memory.ledger()) {
      const { rule, after } = found;
      found = undefined;
      if (rule === ruleOf(source.spec)) await memory.write(() => ({ modified: resolved(source.spec, after) }));
    }
    await triggers.writeScanned();
  };

  const settle = async (signal: AbortSignal): Promise<Step> => {
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      signal.throwIfAborted();
      await writeFindings();
      const step = nextStep(await gather());
      if (step.do === 'wait' || step.do === 'report') return step;
      await act(step, signal);
    }
    return { do: 'wait', until: clock.monotonic() };
  };

  const round = async (latest: IngestionSource, roundSignal: AbortSignal): Promise<Round> => {
    source = voice.newest(latest);
    const signal = AbortSignal.any([roundSignal, closing.signal]);
    const step = await settle(signal);
    if (closing.signal.aborted) return { do: 'done' };
    stopped = step.do === 'report' ? step.failure : undefined;
    isHalted = step.do === 'report';
    if (step.do === 'report' && step.halts) listings.halt();
    const againAt = step.do === 'report' ? step.againAt : step.do === 'wait' ? step.until : undefined;
    const dueIn = Math.min(LOOK_EVERY_MS, againAt === undefined ? LOOK_EVERY_MS : againAt - clock.monotonic());
    counted = undefined;
    const published = await voice.publish(source, standing(source, { selection: selection?.digest ?? '', stopped, destination }));
    source = published.source;
    return { do: 'requeueAfter', ms: Math.max(0, Math.min(dueIn, published.restMs ?? dueIn)) };
  };

  /** Slices of a platform overlap and share one budget of requests, so they go nearly one by one. */
  const hasRoom = (): boolean => {
    if (platformOf(source.spec.store) === undefined) return true;
    const { pending, processing } = census(records.of(ref));
    return queues.taken() + pending + processing < MOST_SLICES;
  };

  const supply = supplyOf({
    ...{ ref, home: homeOf(first, place), lanes: queues, listings, files, keeper: memory, creation, source: () => source },
    isOpen: () => !isHalted && !closing.signal.aborted && censusNow().waiting < MOST_WAITING && hasRoom(),
  });

  return {
    uid,
    round,
    supply: () => (memory.ledger() ? supply : undefined),
    recordChanged: (record) => {
      const itsFiles = filesIn(record.spec);
      if (itsFiles.some(queues.isTaken)) creation.end();
      itsFiles.forEach(queues.seen);
      options.again(RECORDS_REST_MS);
    },
    flush: memory.flush,
    close: () => {
      closing.abort();
      listings.halt();
      way.close();
      observer.gone?.(ref);
    },
  };
}

/** A burst of verdicts is one round. */
const RECORDS_REST_MS = 1_000;

const nowhere: Place['identity'] = { kind: '', endpoint: '', bucket: '' };

/** What was delivered of a platform, and its budget of requests, are known where it was read, so one worker reads all of it. */
const homeOf = ({ spec }: IngestionSource, place: Place | Failure): string | undefined =>
  platformOf(spec.store) && !isFailure(place) ? `${place.identity.kind} ${place.identity.endpoint}` : undefined;
