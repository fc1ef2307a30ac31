import { describe, expect, test } from 'vitest';
import { fail } from '../../../src/api/failure.ts';
import { type ManagerOptions, runParts } from '../../../src/control/manager.ts';
import { longRunning, type Part } from '../../../src/control/part.ts';
import { silentLog } from '../../../src/observability/logger.ts';
import { settled, virtualClock } from '../../support/virtual-clock.ts';

/** Parts that write down what happens to them. */
function stage(options: Partial<ManagerOptions> = {}) {
  const clock = virtualClock();
  const story: string[] = [];
  const stop = new AbortController();
  const part = (name: string, more: Partial<Part> = {}): Part => ({
    name,
    start: () => void story.push(`${name} starts`),
    quiet: () => void story.push(`${name} takes no more`),
    stop: async () => void story.push(`${name} stops`),
    ...more,
  });
  const run = (...parts: readonly Part[]) =>
    runParts(parts, {
      clock,
      log: silentLog,
      stop: stop.signal,
      drainMs: 20_000,
      lastWordsMs: 2_000,
      onStopping: () => story.push('not ready'),
      ...options,
    });
  return { clock, story, stop, part, run };
}

const until = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });

describe('the manager of parts', () => {
  test('starts in order; on stop: not ready, no new work, then the parts in the opposite order', async () => {
    const { story, stop, part, run } = stage();
    const ended = run(part('server'), part('heartbeat'), part('ferries'));
    await settled();
    stop.abort();
    expect(await ended).toEqual({ abandoned: [] });
    expect(story).toEqual([
      'server starts',
      'heartbeat starts',
      'ferries starts',
      'not ready',
      'server takes no more',
      'heartbeat takes no more',
      'ferries takes no more',
      'ferries stops',
      'heartbeat stops',
      'server stops',
    ]);
  });

  test('each part starts only when the one before is up, and stops only when the one after has drained', async () => {
    const { clock, story, stop, part, run } = stage();
    const slow = part('ferries', {
      stop: async () => {
        await clock.sleep(15_000);
        story.push('verdicts written');
      },
    });
    const ended = run(part('cache', { start: () => clock.sleep(5_000) }), part('heartbeat'), slow);
    await clock.advance(4_999);
    expect(story).toEqual([]);
    await clock.advance(1);
    stop.abort();
    await clock.advance(15_000);
    await ended;
    expect(story.slice(-3)).toEqual(['verdicts written', 'heartbeat stops', 'cache stops']);
  });

  test('a part that does not drain in time is told, gets its last words, and does not keep the Lease from being released', async () => {
    const { clock, story, stop, part, run } = stage();
    const checkpoints = part('ferries', {
      stop: async (deadline) => {
        await until(deadline);
        await clock.sleep(1_000);
        story.push('checkpoints written');
      },
    });
    const stuck = part('stuck', { stop: () => new Promise(() => {}) });
    const ended = run(part('heartbeat'), checkpoints, stuck);
    await settled();
    stop.abort();
    await clock.advance(25_000);
    expect(await ended).toEqual({ abandoned: ['stuck'] });
    expect(story.slice(-2)).toEqual(['checkpoints written', 'heartbeat stops']);
    expect(clock.monotonic()).toBeLessThanOrEqual(25_000);
    expect(clock.pending()).toEqual([]);
  });

  test('under a caller with a deadline of its own it does not return before every part has ended', async () => {
    const abandon = new AbortController();
    const slow = Promise.withResolvers<void>();
    const clock = virtualClock();
    const { signal: stop } = new AbortController();
    const parts: readonly Part[] = [{ name: 'scans', start: () => {}, stop: () => slow.promise }];
    let returned = false;
    const ended = runParts(parts, { clock, log: silentLog, stop, abandon: abandon.signal, drainMs: 1_000 }).then((how) => {
      returned = true;
      return how;
    });
    await settled();
    abandon.abort();
    await clock.advance(600_000);
    expect(returned).toBe(false);
    slow.resolve();
    expect(await ended).toEqual({ abandoned: [] });
  });

  const breaks: readonly [sentence: string, broken: Part][] = [
    ['whose start fails', { name: 'cache', start: () => fail('EndpointUnreachable', 'connection refused') }],
    ['whose start rejects', { name: 'cache', start: async () => fail('EndpointUnreachable', 'connection refused') }],
    [
      'that breaks while it runs',
      { name: 'cache', start: (_signal, broken) => queueMicrotask(() => broken(new Error('connection refused'))) },
    ],
    ['whose long call ends with an error', longRunning('cache', async () => fail('EndpointUnreachable', 'connection refused'))],
  ];
  test.each(breaks)('a part %s stops the others in good order and is told', async (_sentence, broken) => {
    const { story, part, run } = stage();
    const ended = await run(part('server'), broken);
    expect(ended.failure?.message).toBe('connection refused');
    expect(story).toEqual(['server starts', 'not ready', 'server takes no more', 'server stops']);
  });

  test('a stop during the start does not wait for the start, and starts nothing more', async () => {
    const { story, stop, part, run } = stage();
    const ended = run(part('server'), part('cache', { start: () => new Promise(() => {}) }), part('ferries'));
    await settled();
    stop.abort();
    await ended;
    expect(story).toEqual(['server starts', 'not ready', 'server takes no more', 'cache takes no more', 'cache stops', 'server stops']);
  });

  test('a part that fails while it stops does not keep the others from stopping', async () => {
    const { story, stop, part, run } = stage();
    const ended = run(part('server'), part('ferries', { stop: () => Promise.reject(new Error('no')) }));
    await settled();
    stop.abort();
    expect(await ended).toEqual({ abandoned: [] });
    expect(story.at(-1)).toBe('server stops');
  });

  test('a long call is asked to end, then left no time when everything is abandoned', async () => {
    const abandon = new AbortController();
    const { clock, story, run } = stage({ abandon: abandon.signal });
    const call = longRunning('sources', async (stop, atOnce) => {
      await until(stop);
      story.push('asked to end');
      await until(atOnce);
      story.push('ended at once');
    });
    const ended = run(call);
    await settled();
    abandon.abort(new Error('leadership lost'));
    await clock.advance(0);
    expect(await ended).toEqual({ abandoned: [] });
    expect(story).toEqual(['not ready', 'asked to end', 'ended at once']);
  });
});
