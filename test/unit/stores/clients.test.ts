import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { clients } from '../../../src/stores/clients.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const made = () => {
  const log: string[] = [];
  const make = (name: string) => () => {
    log.push(`make ${name}`);
    return { close: () => void log.push(`close ${name}`) };
  };
  return { log, make };
};

test('sources that agree share a client', () => {
  const { log, make } = made();
  const shared = clients();
  const [a, b] = [shared.take('key', make('first')), shared.take('key', make('second'))];
  expect(a.client).toBe(b.client);
  expect(log).toEqual(['make first']);
});

test('a client that nobody uses is kept for the next scan, and then closed', () => {
  const { log, make } = made();
  const shared = clients(60_000);
  shared.take('key', make('first')).release();
  vi.advanceTimersByTime(59_000);
  shared.take('key', make('again')).release();
  vi.advanceTimersByTime(59_000);
  expect(log).toEqual(['make first']);
  vi.advanceTimersByTime(1_000);
  expect(log).toEqual(['make first', 'close first']);
});

test('one that is in use stays open, however long', () => {
  const { log, make } = made();
  const shared = clients(60_000);
  const [a, b] = [shared.take('key', make('first')), shared.take('key', make('first'))];
  a.release();
  a.release();
  vi.advanceTimersByTime(3_600_000);
  expect(log).toEqual(['make first']);
  b.release();
  vi.advanceTimersByTime(60_000);
  expect(log).toEqual(['make first', 'close first']);
});

test('closing closes what is unused at once and the rest when it is given back', () => {
  const { log, make } = made();
  const shared = clients();
  shared.take('idle', make('idle')).release();
  const used = shared.take('used', make('used'));
  shared.close();
  expect(log).toEqual(['make idle', 'make used', 'close idle']);
  used.release();
  expect(log.at(-1)).toBe('close used');
});
