import { expect, test } from 'vitest';
import { fail, failureOf } from '../../../src/api/failure.ts';
import type { Clock } from '../../../src/std/clock.ts';
import { type OpenBody, type ResumeOptions, resumed } from '../../../src/stores/resume.ts';

const file = Buffer.from('a trace file that is long enough to be cut in several places');

/** A clock that never waits and remembers how long it should have. */
function patientClock() {
  const slept: number[] = [];
  const clock: Clock = { now: () => 0, monotonic: () => 0, sleep: async (ms) => void slept.push(ms) };
  return { clock, slept };
}

/** Bodies that are served one after the other, each from the offset asked for. */
function bodies(...each: readonly ((rest: Buffer) => AsyncIterable<Uint8Array>)[]) {
  const asked: number[] = [];
  const open: OpenBody = (from) => {
    const body = each[asked.length] ?? each.at(-1)!;
    asked.push(from);
    return body(file.subarray(from));
  };
  return { open, asked };
}

async function* whole(rest: Buffer) {
  yield rest;
}

const cutAfter = (length: number) =>
  async function* (rest: Buffer) {
    yield rest.subarray(0, length);
  };

const brokenAfter = (length: number, reason: Parameters<typeof fail>[0] = 'StoreUnavailable', retryAfterMs?: number) =>
  async function* (rest: Buffer) {
    yield rest.subarray(0, length);
    fail(reason, 'the connection broke', retryAfterMs === undefined ? {} : { retryAfterMs });
  };

async function readAll(open: OpenBody, options: Partial<ResumeOptions> = {}): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of resumed(open, { from: 0, size: file.length, clock: patientClock().clock, ...options })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('a body that comes whole is opened once', async () => {
  const { open, asked } = bodies(whole);
  expect(await readAll(open)).toBe(file.toString());
  expect(asked).toEqual([0]);
});

test('reading starts at an offset', async () => {
  const { open, asked } = bodies(whole);
  expect(await readAll(open, { from: 8 })).toBe(file.subarray(8).toString());
  expect(asked).toEqual([8]);
});

test('a body that ends too early or breaks goes on where it was', async () => {
  const { open, asked } = bodies(cutAfter(5), brokenAfter(10), whole);
  expect(await readAll(open)).toBe(file.toString());
  expect(asked).toEqual([0, 5, 15]);
});

test('four attempts without much progress are enough', async () => {
  const { open, asked } = bodies(brokenAfter(1));
  expect(failureOf(await readAll(open).catch((thrown) => thrown)).reason).toBe('StoreUnavailable');
  expect(asked).toEqual([0, 1, 2, 3]);
});

test('a body that is cut keeps its own reason when attempts run out', async () => {
  const { open } = bodies(cutAfter(1));
  expect(failureOf(await readAll(open).catch((thrown) => thrown)).message).toMatch(/ended after \d+ of 60 bytes/);
});

test('a file that is replaced or deleted meanwhile is not tried again', async () => {
  const { open, asked } = bodies(cutAfter(5), brokenAfter(0, 'Superseded'));
  expect(failureOf(await readAll(open).catch((thrown) => thrown)).reason).toBe('Superseded');
  expect(asked).toEqual([0, 5]);
});

test('the store says how long to wait, but a long pause is left to the caller', async () => {
  const { clock, slept } = patientClock();
  expect(await readAll(bodies(brokenAfter(5, 'Throttled', 2_000), whole).open, { clock })).toBe(file.toString());
  expect(slept).toEqual([2_000]);
  expect(failureOf(await readAll(bodies(brokenAfter(5, 'Throttled', 60_000), whole).open).catch((thrown) => thrown))).toMatchObject({
    retryAfterMs: 60_000,
  });
});

test('a body that stalls is aborted and resumed', async () => {
  const stalling: OpenBody = async function* (from, signal) {
    yield file.subarray(from, from + 3);
    if (from === 0) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    yield file.subarray(from + 3);
  };
  expect(await readAll(stalling, { idleMs: 10 })).toBe(file.toString());
});

test('a reader that takes its time is no stall', async () => {
  const { open, asked } = bodies(async function* (rest) {
    for (const byte of rest) yield Buffer.from([byte]);
  });
  let length = 0;
  for await (const chunk of resumed(open, { from: 0, size: file.length, idleMs: 5, clock: patientClock().clock })) {
    length += chunk.length;
    if (length === 3) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(length).toBe(file.length);
  expect(asked).toEqual([0]);
});

test('an abort ends it with the reason given', async () => {
  const abort = new AbortController();
  const reason = new Error('the worker drains');
  const { open } = bodies(async function* (rest) {
    yield rest.subarray(0, 1);
    abort.abort(reason);
    fail('StoreUnavailable', 'aborted');
  });
  await expect(readAll(open, { signal: abort.signal })).rejects.toBe(reason);
});
