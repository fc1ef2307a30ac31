import type { Metrics } from '../observability/metrics.ts';
import { type Backoff, backoffMs } from '../std/backoff.ts';
import type { Clock } from '../std/clock.ts';
import { heap } from './heap.ts';
import { queueMetrics } from './queue-metrics.ts';

/**
 * Keys that wait for work. A key is in it once, however often it is added, and is handed to one taker at a time: what is added
 * while it is in work comes out after `done`. Adding a waiting key again keeps the earlier time and the higher priority.
 */
export type Queue = {
  readonly add: (key: string, priority?: number) => void;
  readonly addAfter: (key: string, ms: number, priority?: number) => void;
  /** Adds the key after a time that grows with every `retry` since the last `forget`; returns that time. */
  readonly retry: (key: string, priority?: number) => number;
  readonly forget: (key: string) => void;
  /** Waits for a key that is ready, highest priority first, then first come. Rejects with the signal's reason. */
  readonly take: (signal: AbortSignal) => Promise<Taken>;
  /** Must follow every `take`. */
  readonly done: (key: string) => void;
  readonly depth: () => number;
  /** Ends the time of waiting: no delay ends any more, and no timer is left that would keep the process alive. */
  readonly close: () => void;
};

export type Taken = { readonly key: string; readonly priority: number };

export type QueueOptions = {
  readonly name: string;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** How fast a failing key comes back. */
  readonly backoff?: Backoff;
  readonly random?: () => number;
};

type Entry = { readonly key: string; readonly priority: number; readonly dueAt: number; readonly order: number; isReady: boolean };
type Taker = (entry: Entry) => void;

/** So many entries that nobody waits for any more are not worth sweeping. */
const SLACK = 1_000;

const defaultBackoff: Backoff = { baseMs: 500, maxMs: 300_000 };

/** An empty queue. It holds no timer while nothing is delayed. */
export function queue({ name, clock, metrics, backoff = defaultBackoff, random = Math.random }: QueueOptions): Queue {
  /** The one valid entry of each waiting key; entries in the heaps that are not here any more are skipped. */
  const waiting = new Map<string, Entry>();
  const ready = heap<Entry>((a, b) => a.priority > b.priority || (a.priority === b.priority && a.order < b.order));
  const delayed = heap<Entry>((a, b) => a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order));
  /** Since when each key is in work. */
  const inWork = new Map<string, number>();
  const failures = new Map<string, number>();
  const takers = new Set<Taker>();
  let readyKeys = 0;
  let order = 0;
  let isClosed = false;
  let alarm: { readonly dueAt: number; readonly cancel: () => void } | undefined;
  const measure = queueMetrics({ name, clock, metrics, inWorkSince: () => inWork.values(), depth: () => readyKeys });

  const enter = (key: string, wantedAt: number, wantedPriority: number): void => {
    const known = waiting.get(key);
    const dueAt = Math.min(wantedAt, known?.dueAt ?? wantedAt);
    const priority = Math.max(wantedPriority, known?.priority ?? wantedPriority);
    if (known && dueAt === known.dueAt && priority === known.priority) return;
    const entry: Entry = { key, priority, dueAt, order: known?.isReady ? known.order : order++, isReady: known?.isReady ?? false };
    waiting.set(key, entry);
    if (entry.isReady) offer(entry);
    else if (dueAt <= clock.monotonic()) becomeReady(entry);
    else delay(entry);
    setAlarm();
  };

  /** A key that often comes out before its time leaves an entry behind each time; they must not pile up until then. */
  const delay = (entry: Entry): void => {
    delayed.push(entry);
    if (delayed.size() > 2 * waiting.size + SLACK) delayed.sweep((each) => waiting.get(each.key) === each);
  };

  const becomeReady = (entry: Entry): void => {
    entry.isReady = true;
    readyKeys++;
    measure.ready();
    offer(entry);
  };

  /** A key in work stays out of the heap until it is done. */
  const offer = (entry: Entry): void => {
    if (inWork.has(entry.key)) return;
    ready.push(entry);
    handOut();
  };

  const handOut = (): void => {
    for (const taker of takers) {
      const entry = nextReady();
      if (!entry) return;
      takers.delete(taker);
      hand(entry, taker);
    }
  };

  const nextReady = (): Entry | undefined => {
    for (let entry = ready.pop(); entry; entry = ready.pop()) if (waiting.get(entry.key) === entry) return entry;
    return undefined;
  };

  const hand = (entry: Entry, taker: Taker): void => {
    const now = clock.monotonic();
    waiting.delete(entry.key);
    readyKeys--;
    inWork.set(entry.key, now);
    measure.taken(now - entry.dueAt);
    taker(entry);
  };

  const ring = (): void => {
    const now = clock.monotonic();
    for (let entry = delayed.peek(); entry && entry.dueAt <= now; entry = delayed.peek()) {
      delayed.pop();
      if (waiting.get(entry.key) === entry) becomeReady(entry);
    }
    setAlarm();
  };

  const setAlarm = (): void => {
    let next = delayed.peek();
    while (next && waiting.get(next.key) !== next) {
      delayed.pop();
      next = delayed.peek();
    }
    if (next?.dueAt === alarm?.dueAt) return;
    alarm?.cancel();
    alarm = undefined;
    if (!next || isClosed) return;
    const canceller = new AbortController();
    const mine = { dueAt: next.dueAt, cancel: () => canceller.abort() };
    alarm = mine;
    clock.sleep(next.dueAt - clock.monotonic(), canceller.signal).then(
      () => {
        if (alarm === mine) alarm = undefined;
        ring();
      },
      () => {},
    );
  };

  const take = (signal: AbortSignal): Promise<Taken> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        takers.delete(taker);
        reject(signal.reason);
      };
      const taker: Taker = ({ key, priority }) => {
        signal.removeEventListener('abort', onAbort);
        resolve({ key, priority });
      };
      signal.addEventListener('abort', onAbort, { once: true });
      takers.add(taker);
      handOut();
    });

  const done = (key: string): void => {
    const since = inWork.get(key);
    if (since === undefined) return;
    inWork.delete(key);
    measure.done(clock.monotonic() - since);
    const again = waiting.get(key);
    if (again?.isReady) offer(again);
  };

  const retry = (key: string, priority = 0): number => {
    const attempt = failures.get(key) ?? 0;
    failures.set(key, attempt + 1);
    measure.retried();
    const ms = backoffMs(backoff, attempt, random);
    enter(key, clock.monotonic() + ms, priority);
    return ms;
  };

  return {
    add: (key, priority = 0) => enter(key, clock.monotonic(), priority),
    addAfter: (key, ms, priority = 0) => enter(key, clock.monotonic() + Math.max(0, ms), priority),
    retry,
    forget: (key) => void failures.delete(key),
    take,
    done,
    depth: () => readyKeys,
    close: () => {
      isClosed = true;
      alarm?.cancel();
      alarm = undefined;
    },
  };
}
