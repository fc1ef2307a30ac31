import { describe, expect, test } from 'vitest';
import { arrival } from '../../../src/kube/arrival.ts';
import { KubeError } from '../../../src/kube/errors.ts';
import type { Feed, FeedLine } from '../../../src/kube/feed.ts';
import type { ConfigMap } from '../../../src/kube/kinds.ts';
import { configMapKind } from '../../../src/kube/kinds.ts';
import { type WatchOptions, watch } from '../../../src/kube/watch.ts';
import type { Clock } from '../../../src/std/clock.ts';

/** What the server does, call after call; the watch is over when nothing is left. */
type Act =
  | { readonly page: readonly string[]; readonly version?: string; readonly more?: string }
  | { readonly lines: readonly FeedLine[]; readonly end?: KubeError }
  | { readonly fails: KubeError };

const raw = (name: string, version: number) => ({ metadata: { namespace: 'ml', name, uid: name, resourceVersion: String(version) } });
const added = (name: string, version: number): FeedLine => ({ type: 'ADDED', object: raw(name, version) });
const deleted = (name: string, version: number): FeedLine => ({ type: 'DELETED', object: raw(name, version) });
const bookmark = (version: number, last = false): FeedLine => ({
  type: 'BOOKMARK',
  object: { metadata: { resourceVersion: String(version), ...(last ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}) } },
});
const expired: FeedLine = { type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old resource version' } };
const error = (kind: KubeError['kind'], more = {}) => new KubeError(kind, 'cannot watch configmaps', more);

async function played(initial: WatchOptions['initial'], acts: readonly Act[]) {
  const calls: string[] = [];
  const waits: number[] = [];
  const silences: (() => number)[] = [];
  const stop = new AbortController();
  const left = [...acts];

  const next = (call: string): Act => {
    const act = left.shift();
    if (!act) {
      stop.abort();
      throw error('Unreachable');
    }
    calls.push(call);
    if ('fails' in act) throw act.fails;
    return act;
  };

  const feed: Feed<ConfigMap> = {
    asked: () => ({ verb: 'watch', resource: 'configmaps' }),
    page: async (_selection, limit, token) => {
      const act = next(limit === 1 ? 'position' : `page ${token ?? 'first'}`);
      if (!('page' in act)) throw new Error('the script wants a watch here');
      const arrivals = act.page.map((name) => arrival(configMapKind, raw(name, 1)));
      return { arrivals, resourceVersion: act.version ?? '', ...(act.more ? { continue: act.more } : {}) };
    },
    open: async (_selection, { resourceVersion, initialEvents }, options) => {
      silences.push(() => options?.idleMs?.() ?? 0);
      const act = next(initialEvents ? 'stream' : `watch from ${resourceVersion}`);
      if (!('lines' in act)) throw new Error('the script wants a page here');
      return (async function* () {
        yield* act.lines;
        if (act.end) throw act.end;
      })();
    },
  };
  const clock: Clock = { now: () => 0, monotonic: () => 0, sleep: async (ms) => void waits.push(ms) };

  const events: string[] = [];
  for await (const event of watch(
    feed,
    configMapKind,
    { signal: stop.signal, ...(initial ? { initial } : {}) },
    { clock, random: () => 1 },
  )) {
    if ('object' in event) events.push(`${event.type} ${event.object.metadata.name}`);
    else events.push(event.type === 'trouble' ? `trouble ${event.error.kind}` : event.type);
  }
  return { calls, events, waits, silences: silences.map((silence) => silence()) };
}

describe('how a watch goes on', () => {
  test('pages come one after the other and the watch starts where they ended', async () => {
    const { calls, events } = await played('pages', [
      { page: ['a'], more: 't1' },
      { page: ['b'], version: '7' },
      { lines: [added('c', 8)] },
      { lines: [bookmark(9)] },
    ]);
    expect(calls).toEqual(['page first', 'page t1', 'watch from 7', 'watch from 8']);
    expect(events).toEqual(['init', 'initApply a', 'initApply b', 'initDone', 'apply c']);
  });

  test('a streamed list ends with its bookmark and goes over into the watch', async () => {
    const { calls, events } = await played('stream', [{ lines: [added('a', 3), bookmark(7, true), deleted('a', 8)] }, { lines: [] }]);
    expect(calls).toEqual(['stream', 'watch from 8']);
    expect(events).toEqual(['init', 'initApply a', 'initDone', 'delete a']);
  });

  test('a server that cannot stream a list is asked for pages, and told so once', async () => {
    const { calls } = await played('stream', [
      { fails: error('Invalid') },
      { page: [], version: '7' },
      { lines: [expired] },
      { page: [], version: '9' },
    ]);
    expect(calls).toEqual(['stream', 'page first', 'watch from 7', 'page first']);
  });

  test('two streams that broke in the middle are enough', async () => {
    const broken: Act = { lines: [added('a', 3)], end: error('Unreachable') };
    const { calls, events } = await played('stream', [broken, broken, { page: ['a'], version: '7' }]);
    expect(calls).toEqual(['stream', 'stream', 'page first']);
    expect(events.filter((event) => event === 'initDone')).toHaveLength(1);
  });

  test('a page that failed is asked for again, not the whole list', async () => {
    const { calls } = await played('pages', [{ page: ['a'], more: 't1' }, { fails: error('ServerError') }, { page: [], version: '7' }]);
    expect(calls).toEqual(['page first', 'page t1', 'page t1']);
  });

  test('a page that fails again and again begins the list anew: its token may be what the server cannot read', async () => {
    const fails: Act = { fails: error('ServerError') };
    const { calls } = await played('pages', [{ page: ['a'], more: 't1' }, fails, fails, fails, { page: ['a'], version: '7' }]);
    expect(calls).toEqual(['page first', 'page t1', 'page t1', 'page t1', 'page first']);
  });

  test('an expired continue token begins anew', async () => {
    const { calls, events } = await played('pages', [{ page: ['a'], more: 't1' }, { fails: error('Gone') }, { page: ['a'], version: '7' }]);
    expect(calls).toEqual(['page first', 'page t1', 'page first']);
    expect(events).toEqual(['init', 'initApply a', 'init', 'initApply a', 'initDone']);
  });

  test('silence is believed for longer than a server pauses between two bookmarks, and not for as long as it keeps a watch', async () => {
    const { silences } = await played('stream', [{ lines: [bookmark(7, true)] }, { lines: [] }]);
    expect(new Set(silences)).toEqual(new Set([150_000]));
  });

  test('a watch that fell silent goes on from where it was, and nobody is troubled', async () => {
    const { calls, events } = await played('pages', [
      { page: ['a'], version: '7' },
      { lines: [added('b', 8)], end: error('Timeout') },
      { page: [], version: '12' },
      { lines: [added('c', 13)] },
    ]);
    expect(calls).toEqual(['page first', 'watch from 7', 'position', 'watch from 8']);
    expect(events).toEqual(['init', 'initApply a', 'initDone', 'apply b', 'apply c']);
  });

  test('a broken watch resumes behind the last thing it heard, bookmarks included', async () => {
    const { calls, events } = await played('pages', [
      { page: [], version: '7' },
      { lines: [added('a', 8), bookmark(12)], end: error('Unreachable') },
      { page: ['a'], version: '12' },
      { lines: [] },
    ]);
    expect(calls).toEqual(['page first', 'watch from 7', 'position', 'watch from 12']);
    expect(events).toEqual(['init', 'initDone', 'apply a', 'trouble Unreachable']);
  });

  test('a server that comes back with an older state is read anew: it would keep silent until it has caught up', async () => {
    const { calls } = await played('pages', [
      { page: ['a'], version: '1000' },
      { fails: error('Unreachable') },
      { page: [], version: '700' },
      { page: ['b'], version: '701' },
      { lines: [] },
    ]);
    expect(calls).toEqual(['page first', 'watch from 1000', 'position', 'page first', 'watch from 701']);
  });

  test('a watch that ended as it should goes on without a question', async () => {
    const { calls } = await played('pages', [{ page: [], version: '7' }, { lines: [added('a', 8)] }, { lines: [] }]);
    expect(calls).toEqual(['page first', 'watch from 7', 'watch from 8']);
  });

  test('a server that went back in time is not believed: everything is read anew', async () => {
    const { calls } = await played('pages', [{ page: [], version: '1000' }, { lines: [added('a', 999)] }, { page: [], version: '1001' }]);
    expect(calls).toEqual(['page first', 'watch from 1000', 'page first']);
  });

  test('a missing right is told, and tried again', async () => {
    const { calls, events } = await played('pages', [{ fails: error('Forbidden') }, { page: [], version: '7' }]);
    expect(calls).toHaveLength(2);
    expect(events).toContain('trouble Forbidden');
  });
});

describe('how long a watch waits', () => {
  test('longer each time, until something is heard', async () => {
    const down: Act = { fails: error('Unreachable') };
    const { waits } = await played('pages', [
      { page: [], version: '7' },
      down,
      down,
      down,
      { page: [], version: '7' },
      { lines: [bookmark(8)], end: error('Unreachable') },
    ]);
    expect(waits.slice(0, 4)).toEqual([200, 400, 800, 200]);
  });

  test('at least as long as the server wants', async () => {
    const { waits } = await played('pages', [{ fails: error('Throttled', { retryAfterMs: 5_000 }) }]);
    expect(waits[0]).toBe(5_000);
  });

  test('a server that ends every watch at once is not asked in a tight loop', async () => {
    const { waits } = await played('pages', [{ page: [], version: '7' }, { lines: [] }, { lines: [] }]);
    expect(waits.slice(0, 2)).toEqual([200, 400]);
  });
});
