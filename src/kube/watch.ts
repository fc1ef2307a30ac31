import { setImmediate } from 'node:timers/promises';
import { isOlder } from '../api/versions.ts';
import { type Backoff, backoffMs } from '../std/backoff.ts';
import type { Clock } from '../std/clock.ts';
import { refusalInStream } from './answer.ts';
import { type Arrival, arrival, versionOf } from './arrival.ts';
import { isKube, KubeError } from './errors.ts';
import type { Feed, FeedLine } from './feed.ts';
import type { KubeObject } from './meta.ts';
import type { Kind, Misfit, Selection } from './resource.ts';

/**
 * What a watcher tells. Between `init` and `initDone` comes everything there is; who keeps a copy fills a new one and then swaps.
 * After that, `apply` and `delete` in the order of the server. `trouble` says why nothing comes; the watch goes on by itself.
 */
export type WatchEvent<T> =
  | { readonly type: 'init' }
  | { readonly type: 'initApply'; readonly object: T }
  | { readonly type: 'initDone' }
  | { readonly type: 'apply'; readonly object: T }
  | { readonly type: 'delete'; readonly object: T }
  | ({ readonly type: 'misfit'; readonly gone: boolean } & Misfit)
  | { readonly type: 'trouble'; readonly error: KubeError };

export type WatchOptions = Selection & {
  readonly signal: AbortSignal;
  /** 'stream' asks for initial events and falls back to pages where the server refuses. */
  readonly initial?: 'stream' | 'pages';
  readonly pageSize?: number;
  /** After how many seconds the server ends a watch; default 300 to 600, drawn anew each time so that watches do not end together. */
  readonly timeoutSeconds?: number;
  /** How long a silent connection is believed; default 150 s. */
  readonly silenceMs?: number;
};

export type WatchParts = { readonly clock: Clock; readonly random?: () => number };

/** Where a watcher stands, after kube-rs: nothing known, in the middle of pages, in a list that streams, listed, watching; and interrupted. */
type State =
  | { readonly at: 'empty' }
  | { readonly at: 'initPage'; readonly token?: string; readonly failures: number }
  | { readonly at: 'initialWatch'; readonly lines: AsyncIterator<FeedLine>; readonly progress: { complete: boolean } }
  | { readonly at: 'initListed'; readonly version: string }
  | { readonly at: 'watching'; readonly version: string; readonly lines: AsyncIterator<FeedLine>; readonly heard: boolean }
  | { readonly at: 'interrupted'; readonly version: string };

type Step<T> = {
  readonly tell: readonly WatchEvent<T>[];
  readonly next: State;
  /** True if the server told something: the next failure is a first one again. */
  readonly heard?: true;
  /** True if a watch ended without a word, so that a server that closes at once is not asked in a tight loop. */
  readonly pause?: true;
};

const pace: Backoff = { baseMs: 200, maxMs: 10_000 };
const PAGE = 250;
/** How long a burst of events may keep everything else waiting. */
const BREATH_MS = 10;
/** A server that began to stream what it has does not pause that long in the middle. */
const INITIAL_IDLE_MS = 15_000;
/**
 * A server sends a bookmark about every minute where nothing else happens; the first one may take two. Silence for longer is mostly a connection that
 * nobody holds any more.
 */
const SILENCE_MS = 150_000;
/** After so many broken streams the list is fetched in pages, which survive a cut. */
const STREAM_TRIES = 2;
/** A page that fails so often, half a minute of repetitions each, may fail because of its token. */
const PAGE_TRIES = 3;

/** Follows a kind for as long as the signal lives. Ends only by it; every error becomes `trouble` and another attempt. */
export async function* watch<T extends KubeObject>(
  feed: Feed<T>,
  kind: Kind<T>,
  options: WatchOptions,
  { clock, random = Math.random }: WatchParts,
): AsyncGenerator<WatchEvent<T>, void> {
  const { signal } = options;
  const steps = stepper(feed, kind, options, random);
  let state: State = { at: 'empty' };
  let failures = 0;
  let breath = clock.monotonic();
  try {
    while (!signal.aborted) {
      let wait: number | undefined;
      try {
        const { tell, next, heard, pause }: Step<T> = await steps.from(state);
        state = next;
        yield* tell;
        if (heard) failures = 0;
        if (pause) wait = backoffMs(pace, failures++, random);
      } catch (thrown) {
        if (signal.aborted) return;
        if (!(thrown instanceof KubeError)) throw thrown;
        // A position too old is the ordinary course of things: it only means to begin anew.
        if (!isKube(thrown, 'Gone')) yield { type: 'trouble', error: thrown };
        leave(state);
        state = steps.after(state, thrown);
        wait = Math.max(thrown.retryAfterMs ?? 0, backoffMs(pace, failures++, random));
      }
      if (wait !== undefined) await clock.sleep(wait, signal).catch(() => {});
      // Lines that have arrived already come without a turn of the event loop: health checks and leases want theirs.
      if (clock.monotonic() - breath > BREATH_MS) {
        await setImmediate();
        breath = clock.monotonic();
      }
    }
  } finally {
    leave(state);
  }
}

/** The transitions of the machine: one request or one line each. */
function stepper<T extends KubeObject>(feed: Feed<T>, kind: Kind<T>, options: WatchOptions, random: () => number) {
  const { signal, pageSize = PAGE, silenceMs = SILENCE_MS } = options;
  let brokenStreams = options.initial === 'pages' ? STREAM_TRIES : 0;

  const open = (from: { readonly resourceVersion?: string; readonly initialEvents?: boolean }, idleMs: () => number) => {
    const timeoutSeconds = options.timeoutSeconds ?? Math.round(300 + 300 * random());
    return feed.open(options, { ...from, timeoutSeconds }, { signal, idleMs });
  };

  const fromEmpty = async (): Promise<Step<T>> => {
    if (brokenStreams >= STREAM_TRIES) return { tell: [{ type: 'init' }], next: { at: 'initPage', failures: 0 } };
    const progress = { complete: false };
    const lines = await open({ initialEvents: true }, () => (progress.complete ? silenceMs : INITIAL_IDLE_MS));
    return { tell: [{ type: 'init' }], next: { at: 'initialWatch', lines: lines[Symbol.asyncIterator](), progress } };
  };

  const fromPage = async (token?: string): Promise<Step<T>> => {
    const page = await feed.page(options, pageSize, token, { signal });
    const tell = page.arrivals.map((each) => told(each, 'initApply'));
    if (page.continue) return { tell, next: { at: 'initPage', token: page.continue, failures: 0 }, heard: true };
    return { tell: [...tell, { type: 'initDone' }], next: { at: 'initListed', version: page.resourceVersion }, heard: true };
  };

  const fromInitialWatch = async (state: State & { at: 'initialWatch' }): Promise<Step<T>> => {
    const { value, done } = await state.lines.next();
    if (done) throw new KubeError('Unreachable', `the initial watch of ${kind.plural} ended too early`);
    if (value.type === 'ADDED') return { tell: [told(arrival(kind, value.object), 'initApply')], next: state, heard: true };
    if (value.type === 'ERROR') throw refusalInStream(feed.asked(options), value.object);
    if (value.type !== 'BOOKMARK' || !endsInitialEvents(value.object)) return { tell: [], next: state, heard: true };
    state.progress.complete = true;
    brokenStreams = 0;
    return { tell: [{ type: 'initDone' }], next: watching(versionOf(value.object), state.lines, true), heard: true };
  };

  /**
   * The server may have been restored from a backup while it was away. Asked to go on from a position that it has not reached yet, it
   * would say nothing until it has, and nothing of what is gone: so it is asked where it stands.
   */
  const fromInterrupted = async (version: string): Promise<Step<T>> => {
    const { namespace } = options;
    const { resourceVersion } = await feed.page(namespace === undefined ? {} : { namespace }, 1, undefined, { signal });
    if (isOlder(resourceVersion, version)) throw backInTime();
    return { tell: [], next: { at: 'initListed', version } };
  };

  const fromListed = async (version: string): Promise<Step<T>> => {
    const lines = await open({ resourceVersion: version }, () => silenceMs);
    return { tell: [], next: watching(version, lines[Symbol.asyncIterator](), false) };
  };

  const fromWatching = async (state: State & { at: 'watching' }): Promise<Step<T>> => {
    const line = await state.lines.next().catch(unlessSilent);
    if (line === 'silent') return { tell: [], next: { at: 'interrupted', version: state.version } };
    const { value, done } = line;
    if (done) return { tell: [], next: { at: 'initListed', version: state.version }, ...(state.heard ? {} : { pause: true }) };
    if (value.type === 'ERROR') throw refusalInStream(feed.asked(options), value.object);
    const version = versionOf(value.object);
    if (isOlder(version, state.version)) throw backInTime();
    const next = watching(version, state.lines, true);
    switch (value.type) {
      case 'ADDED':
      case 'MODIFIED':
        return { tell: [told(arrival(kind, value.object), 'apply')], next, heard: true };
      case 'DELETED':
        return { tell: [told(arrival(kind, value.object, true), 'delete')], next, heard: true };
      default:
        return { tell: [], next, heard: true };
    }
  };

  const from = (state: State): Promise<Step<T>> => {
    switch (state.at) {
      case 'empty':
        return fromEmpty();
      case 'initPage':
        return fromPage(state.token);
      case 'initialWatch':
        return fromInitialWatch(state);
      case 'initListed':
        return fromListed(state.version);
      case 'watching':
        return fromWatching(state);
      case 'interrupted':
        return fromInterrupted(state.version);
    }
  };

  /** Where to go on after an error: as near as possible to where it broke. */
  const after = (state: State, error: KubeError): State => {
    if (state.at === 'empty' || state.at === 'initialWatch') brokenStreams += error.kind === 'Invalid' ? STREAM_TRIES : 1;
    // A server that went back in time may give a version a second time.
    if (error.kind === 'Gone') kind.atHand?.clear();
    if (error.kind === 'Gone' || state.at === 'initialWatch') return { at: 'empty' };
    if (state.at === 'initPage') return state.failures + 1 < PAGE_TRIES ? { ...state, failures: state.failures + 1 } : { at: 'empty' };
    return 'version' in state ? { at: 'interrupted', version: state.version } : state;
  };

  return { from, after };
}

const backInTime = (): KubeError => new KubeError('Gone', 'the API server went back in time: it was restored from a backup');

/** No trouble that anybody has to hear of: where the server only had nothing to say, it costs a request to go on from the same place. */
function unlessSilent(thrown: unknown): 'silent' {
  if (isKube(thrown, 'Timeout')) return 'silent';
  throw thrown;
}

const watching = (version: string, lines: AsyncIterator<FeedLine>, heard: boolean): State => ({ at: 'watching', version, lines, heard });

/** Closes the connection that a state holds. */
function leave(state: State): void {
  if ('lines' in state) state.lines.return?.().catch(() => {});
}

function told<T extends KubeObject>(each: Arrival<T>, type: 'initApply' | 'apply' | 'delete'): WatchEvent<T> {
  if (each.fits) return { type, object: each.object };
  const { ref, uid, failure } = each;
  return { type: 'misfit', gone: type === 'delete', ref, uid, failure };
}

function endsInitialEvents(bookmark: unknown): boolean {
  return JSON.stringify(bookmark).includes('"k8s.io/initial-events-end":"true"');
}
