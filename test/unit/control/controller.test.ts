import { describe, expect, test } from 'vitest';
import { Failed, type Failure } from '../../../src/api/failure.ts';
import { controller, type Outcome, type Reconcile } from '../../../src/control/controller.ts';
import { queue } from '../../../src/control/queue.ts';
import { silentLog } from '../../../src/observability/logger.ts';
import { metrics } from '../../../src/observability/metrics.ts';
import { settled, virtualClock } from '../../support/virtual-clock.ts';

const throttled: Failure = { reason: 'Throttled', message: 'the store asked for fewer requests' };
const broken: Failure = { reason: 'NotATraceFile', message: 'this is a photograph' };

/** A controller that runs, with the outcomes of its rounds and the moments at which they began. */
function running(reconcile: Reconcile, concurrency = 1) {
  const clock = virtualClock();
  const registry = metrics();
  const rounds: number[] = [];
  const keys = queue({ name: 'sources', clock, metrics: registry, backoff: { baseMs: 1_000, maxMs: 60_000 }, random: () => 1 });
  const observed: Reconcile = (key, signal) => {
    rounds.push(clock.monotonic());
    return reconcile(key, signal);
  };
  const loop = controller({ name: 'sources', queue: keys, reconcile: observed, concurrency, clock, log: silentLog, metrics: registry });
  const stop = new AbortController();
  const abandon = new AbortController();
  const ended = loop.run(stop.signal, abandon.signal);
  return { clock, registry, keys, rounds, stop, abandon, ended };
}

describe('the controller loop', () => {
  const outcomes: readonly [sentence: string, round: () => Outcome | never, begins: readonly number[], counted: string][] = [
    ['done: the key rests', () => ({ do: 'done' }), [0], 'controller_runtime_reconcile_total{controller="sources",result="success"} 1'],
    [
      'requeueAfter: it comes back when asked',
      () => ({ do: 'requeueAfter', ms: 4_000 }),
      [0, 4_000, 8_000],
      'controller_runtime_reconcile_total{controller="sources",result="requeue_after"} 3',
    ],
    [
      'failed: it comes back later and later',
      () => ({ do: 'failed', failure: throttled }),
      [0, 1_000, 3_000, 7_000],
      'controller_runtime_reconcile_errors_total{controller="sources"} 4',
    ],
    [
      'failed with a time of its own: that time is obeyed',
      () => ({ do: 'failed', failure: { ...throttled, retryAfterMs: 5_000 } }),
      [0, 5_000],
      'controller_runtime_reconcile_errors_total{controller="sources"} 2',
    ],
    [
      'terminal: it rests until something changes',
      () => ({ do: 'terminal', failure: broken }),
      [0],
      'controller_runtime_terminal_reconcile_errors_total{controller="sources"} 1',
    ],
    [
      'a thrown failure is treated by its reason: transient ones are tried again',
      () => {
        throw new Failed(throttled);
      },
      [0, 1_000, 3_000, 7_000],
      'controller_runtime_reconcile_errors_total{controller="sources"} 4',
    ],
    [
      'and terminal ones are not',
      () => {
        throw new Failed(broken);
      },
      [0],
      'controller_runtime_terminal_reconcile_errors_total{controller="sources"} 1',
    ],
    [
      'an error that nobody foresaw is counted and tried again',
      () => {
        throw new TypeError("cannot read properties of undefined (reading 'spec')");
      },
      [0, 1_000, 3_000, 7_000],
      'controller_runtime_reconcile_panics_total{controller="sources"} 4',
    ],
  ];

  test.each(outcomes)('%s', async (_sentence, round, begins, counted) => {
    const { clock, keys, rounds, registry, stop, ended } = running(async () => round());
    keys.add('ml-platform/checkout-agents');
    await clock.advance(9_000);
    expect(rounds).toEqual(begins);
    expect((await registry.scrape()).text).toContain(counted);
    stop.abort();
    await ended;
  });

  test('success forgets earlier failures', async () => {
    const results: Outcome[] = [
      { do: 'failed', failure: throttled },
      { do: 'failed', failure: throttled },
      { do: 'requeueAfter', ms: 10_000 },
      { do: 'failed', failure: throttled },
      { do: 'done' },
    ];
    const { clock, keys, rounds } = running(async () => results.shift() ?? { do: 'done' });
    keys.add('a');
    await clock.advance(60_000);
    expect(rounds).toEqual([0, 1_000, 3_000, 13_000, 14_000]);
  });

  test('works on as many keys at once as it may, and on no key twice', async () => {
    const open = new Map<string, () => void>();
    const { keys, registry } = running(
      (key) =>
        new Promise((resolve) => {
          expect(open.has(key)).toBe(false);
          open.set(key, () => resolve({ do: 'done' }));
        }),
      2,
    );
    for (const key of ['a', 'b', 'c']) keys.add(key);
    await settled();
    keys.add('a');
    await settled();
    expect([...open.keys()]).toEqual(['a', 'b']);
    expect((await registry.scrape()).text).toContain('controller_runtime_active_workers{controller="sources"} 2');
    open.get('b')?.();
    await settled();
    expect([...open.keys()]).toEqual(['a', 'b', 'c']);
  });

  test('stop takes no new key but lets the running round finish', async () => {
    const finish = Promise.withResolvers<Outcome>();
    const { keys, stop, ended, rounds } = running(() => finish.promise);
    keys.add('a');
    keys.add('b');
    await settled();
    stop.abort();
    await settled();
    finish.resolve({ do: 'done' });
    await ended;
    expect(rounds).toHaveLength(1);
  });

  test('abandon ends the running round, and what it says no longer counts', async () => {
    const { keys, abandon, ended, registry } = running(
      (_key, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    keys.add('a');
    await settled();
    abandon.abort(new Error('leadership lost'));
    await ended;
    expect((await registry.scrape()).text).toContain('controller_runtime_reconcile_errors_total{controller="sources"} 0');
  });
});
