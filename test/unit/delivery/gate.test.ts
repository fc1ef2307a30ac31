import { beforeEach, describe, expect, test } from 'vitest';
import { type Gate, gate } from '../../../src/delivery/gate.ts';
import { settled, type VirtualClock, virtualClock } from '../../support/virtual-clock.ts';

const failure = { reason: 'DestinationUnavailable', message: 'answered 503', retryAfterMs: 10_000 } as const;
const signal = new AbortController().signal;

let clock: VirtualClock;
let door: Gate;
let came: string[];
let changes: string[];
beforeEach(() => {
  clock = virtualClock();
  came = [];
  changes = [];
  const backoff = { baseMs: 1_000, maxMs: 60_000 };
  door = gate(clock, { opensAfter: 3, transient: backoff, waiting: backoff }, (now) => changes.push(now.is));
});

const invite = (...files: readonly string[]) => {
  for (const file of files)
    door.invitation(file, signal).then(
      () => came.push(file),
      () => {},
    );
};

describe('those who wait before a closed way', () => {
  test('one of them probes when the time is over, and it is not the culprit', async () => {
    door.fail('bad', failure);
    invite('bad', 'x', 'y');
    await clock.advance(9_999);
    expect(came).toEqual([]);
    await clock.advance(1);
    expect(came).toEqual(['x']);
    expect(['x', 'y', 'bad'].map(door.isFree)).toEqual([true, false, false]);
  });

  test('all of them go once the probe has passed', async () => {
    door.fail('bad', failure);
    invite('bad', 'x', 'y');
    await clock.advance(10_000);
    door.go('x');
    door.pass('x');
    await settled();
    expect(came).toEqual(['x', 'bad', 'y']);
    expect(changes).toEqual(['open', 'probing', 'closed']);
  });

  test('where the probe fails, they wait on, longer', async () => {
    door.fail('bad', failure);
    invite('x', 'y');
    await clock.advance(10_000);
    door.go('x');
    door.fail('x', { ...failure, retryAfterMs: 20_000 });
    await clock.advance(19_999);
    expect(came).toEqual(['x']);
    await clock.advance(1);
    expect(came).toEqual(['x', 'y']);
  });

  test('who is invited and does not go loses the turn after five seconds', async () => {
    door.fail('bad', failure);
    invite('x', 'y');
    await clock.advance(10_000);
    expect(came).toEqual(['x']);
    await clock.advance(5_000);
    expect(came).toEqual(['x', 'y']);
  });

  test('the culprit probes itself where it is alone', async () => {
    door.fail('bad', failure);
    invite('bad');
    await clock.advance(10_000);
    expect(came).toEqual(['bad']);
  });

  test('a probe that ends without an answer lets the next one try at once', async () => {
    door.fail('bad', failure);
    invite('x', 'y');
    await clock.advance(10_000);
    door.go('x');
    door.abandon('x');
    await settled();
    expect(came).toEqual(['x', 'y']);
  });

  test('who gives up waiting is forgotten, and no timer stays', async () => {
    door.fail('bad', failure);
    const abort = new AbortController();
    const invitation = door.invitation('x', abort.signal);
    abort.abort(new Error('suspended'));
    await expect(invitation).rejects.toThrow('suspended');
    door.close();
    await settled();
    expect(clock.pending()).toEqual([]);
  });
});
