import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Shared, shared } from '../../../src/std/shared.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Things that write down when they are made and ended. */
const made = (keepUnusedMs?: number | ((name: string) => number)) => {
  const log: string[] = [];
  const things: Shared<string> = shared((name) => void log.push(`end ${name}`), keepUnusedMs);
  const make = (name: string) => () => {
    log.push(`make ${name}`);
    return name;
  };
  return { log, make, things };
};

test('those who agree share one thing', () => {
  const { log, make, things } = made();
  const [a, b] = [things.take('key', make('first')), things.take('key', make('second'))];
  expect(a.it).toBe(b.it);
  expect(log).toEqual(['make first']);
});

test('one that nobody uses is kept for a while where somebody may come, and then ended', () => {
  const { log, make, things } = made(60_000);
  things.take('key', make('first')).release();
  vi.advanceTimersByTime(59_000);
  things.take('key', make('again')).release();
  vi.advanceTimersByTime(59_000);
  expect(log).toEqual(['make first']);
  vi.advanceTimersByTime(1_000);
  expect(log).toEqual(['make first', 'end first']);
});

test('how long it is kept may be its own affair', () => {
  const { log, make, things } = made((name) => (name === 'short' ? 1_000 : 60_000));
  for (const name of ['short', 'long']) things.take(name, make(name)).release();
  vi.advanceTimersByTime(1_000);
  expect(log).toEqual(['make short', 'make long', 'end short']);
  vi.advanceTimersByTime(59_000);
  expect(log.at(-1)).toBe('end long');
});

test('one that is in use stays open, however long', () => {
  const { log, make, things } = made(60_000);
  const [a, b] = [things.take('key', make('first')), things.take('key', make('first'))];
  a.release();
  a.release();
  vi.advanceTimersByTime(3_600_000);
  expect(log).toEqual(['make first']);
  b.release();
  vi.advanceTimersByTime(60_000);
  expect(log).toEqual(['make first', 'end first']);
});

test('closing ends what is unused at once and the rest when it is given back', () => {
  const { log, make, things } = made(60_000);
  things.take('idle', make('idle')).release();
  const used = things.take('used', make('used'));
  things.close();
  expect(log).toEqual(['make idle', 'make used', 'end idle']);
  used.release();
  expect(log.at(-1)).toBe('end used');
});

test('without a while it ends with its last user, and the next one gets another', () => {
  const { log, make, things } = made();
  const first = things.take('key', make('first'));
  first.release();
  things.take('key', make('second'));
  first.release();
  expect(log).toEqual(['make first', 'end first', 'make second']);
});

test('who takes all ends all: giving back means nothing then', () => {
  const { log, make, things } = made();
  const used = things.take('key', make('first'));
  expect(things.takeAll()).toEqual(['first']);
  used.release();
  expect(log).toEqual(['make first']);
});
