import { describe, expect, test, vi } from 'vitest';
import { bodyOf, giveBack } from '../../../src/transcode/batch/bodies.ts';
import { newHeader, setHead, setUrl } from '../../../src/transcode/batch/headers.ts';
import { Pending } from '../../../src/transcode/batch/pending.ts';
import { Tally } from '../../../src/transcode/batch/tally.ts';
import { EXACT_TRACES, TraceCount } from '../../../src/transcode/batch/traces.ts';
import type { Arena } from '../../../src/transcode/kernel.ts';
import { fieldOf, varintSize } from '../../../src/transcode/wire/writer.ts';
import { decodeRequest, encodedAnew, requestType } from '../../support/traces/decode.ts';

function pendingOf(limit: number) {
  const arena: Arena = { bytes: new Uint8Array(100_000), length: 0, limit: 0 };
  const pending = new Pending(arena, limit);
  /** Appends a span of `size` bytes, as a field, where there is room. */
  const add = (size: number): boolean => {
    if (arena.length + size > pending.room()) return false;
    const name = size - 2 - 2 * varintSize(size - 4);
    arena.bytes.set(fieldOf(0x12, fieldOf(0x2a, Buffer.alloc(name, 0x78))), arena.length);
    arena.length += size;
    pending.count(1);
    return true;
  };
  /** Takes a batch and goes on. */
  const take = () => {
    const { body, ...cut } = pending.cut();
    const taken = { ...cut, body: Uint8Array.from(body) };
    pending.renew(arena.bytes);
    return taken;
  };
  return { pending, add, take };
}

/** A resource of 150 bytes: one unknown field. */
const largeResource = () => Buffer.concat([Buffer.of(0x7a, 0x93, 0x01), Buffer.alloc(147)]);

describe('spans that wait for their batch', () => {
  test.each([140, 141, 142, 143, 144, 300, 17_000])('fill a batch of %d bytes exactly as far as they go', (limit) => {
    const { pending, add, take } = pendingOf(limit);
    pending.openResource(newHeader());
    pending.openScope(newHeader());
    let spans = 0;
    while (spans < 90 && add(100)) spans++;
    pending.closeScope();
    pending.closeResource();
    const { body, spans: taken } = take();
    expect(taken).toBe(spans);
    expect(body.length).toBeLessThanOrEqual(limit);
    if (spans < 90) expect(body.length + 104).toBeGreaterThan(limit);
    expect(requestType.toObject(requestType.decode(body))).toMatchObject({
      resourceSpans: [{ scopeSpans: [{ spans: expect.any(Array) }] }],
    });
  });

  test('stand behind lengths as short as they can be, whatever was guessed before them', () => {
    const { pending, add, take } = pendingOf(90_000);
    for (const [spans, size] of [
      [1, 20],
      [1, 126],
      [2, 8_300],
      [1, 40],
      [3, 9_000],
      [1, 50],
    ] as const) {
      pending.openResource(newHeader());
      for (const _ of [1, 2]) {
        pending.openScope(newHeader());
        for (let i = 0; i < spans; i++) add(size);
        pending.closeScope();
      }
      pending.closeResource();
    }
    const { body, spans } = take();
    expect(spans).toBe(18);
    expect(Buffer.compare(body, encodedAnew(body))).toBe(0);
  });

  test('make room when a header comes late: what does not fit waits, and more follows in its scope', () => {
    const { pending, add, take } = pendingOf(400);
    const header = newHeader();
    pending.openResource(header);
    pending.openScope(newHeader());
    for (let i = 0; i < 3; i++) expect(add(100)).toBe(true);
    setHead(header, largeResource());
    setUrl(header, Buffer.from('https://r'));
    expect(pending.over()).toBe(true);
    const first = take();
    expect(pending.over()).toBe(false);
    expect(add(50)).toBe(true);
    pending.closeScope();
    pending.closeResource();
    const second = take();
    expect([first.spans, second.spans]).toEqual([2, 2]);
    expect(first.body.length).toBeLessThanOrEqual(400);
    const { resourceSpans } = decodeRequest(second.body) as { resourceSpans: { scopeSpans: { spans: unknown[] }[] }[] };
    expect(resourceSpans.map(({ scopeSpans }) => scopeSpans.map(({ spans }) => spans.length))).toEqual([[2]]);
    expect(pending.empty).toBe(true);
  });

  test('leave spans out that fit no batch with a header that came late, and keep those that do', () => {
    const { pending, add, take } = pendingOf(400);
    const header = newHeader();
    pending.openResource(header);
    pending.openScope(newHeader());
    for (const size of [280, 90]) expect(add(size)).toBe(true);
    setHead(header, largeResource());
    expect(take()).toMatchObject({ spans: 1, dropped: 1 });
    expect(pending.over()).toBe(false);
    pending.closeScope();
    pending.closeResource();
    expect(pending.empty).toBe(true);
  });

  test('leave no room where headers alone are larger than a batch', () => {
    const { pending } = pendingOf(400);
    const header = newHeader();
    setHead(header, Buffer.alloc(90_000));
    pending.openResource(newHeader());
    pending.openScope(header);
    expect(pending.room()).toBe(0);
  });

  test('are moved once at most: how much room a length takes is learnt from the one before', () => {
    const moved = vi.spyOn(Uint8Array.prototype, 'copyWithin');
    const { pending, add, take } = pendingOf(10_000);
    const header = newHeader();
    setHead(header, largeResource());
    for (let batch = 0; batch < 3; batch++) {
      pending.openResource(header);
      pending.openScope(newHeader());
      while (add(100));
      pending.closeScope();
      pending.closeResource();
      expect(take().spans).toBe(98);
    }
    expect(moved).toHaveBeenCalledTimes(2);
    moved.mockRestore();
  });

  test('leave scopes and resources without spans out', () => {
    const { pending, add, take } = pendingOf(1000);
    for (const sizes of [[], [50], []]) {
      pending.openResource(newHeader());
      for (const list of [[], sizes]) {
        pending.openScope(newHeader());
        for (const size of list) add(size);
        pending.closeScope();
      }
      pending.closeResource();
    }
    const decoded = requestType.toObject(requestType.decode(take().body)) as { resourceSpans: { scopeSpans: unknown[] }[] };
    expect(decoded.resourceSpans).toHaveLength(1);
    expect(decoded.resourceSpans[0]?.scopeSpans).toHaveLength(1);
  });
});

describe('the number of traces', () => {
  test('is exact up to a million, whatever the order', () => {
    const traces = new TraceCount();
    for (let round = 0; round < 2; round++) for (let i = 0; i < 50_000; i++) traces.add(Uint32Array.of(i, 7, i >>> 3, 0), 1);
    expect(traces.count).toBe(50_000);
    expect(traces.exact).toBe(true);
  });

  test('is an estimate within two percent beyond', () => {
    const traces = new TraceCount();
    for (let i = 0; i < EXACT_TRACES * 2; i++) traces.add(Uint32Array.of(i, i ^ 0x5bd1e995, 3, 4), 1);
    expect(traces.exact).toBe(false);
    expect(Math.abs(traces.count / (EXACT_TRACES * 2) - 1)).toBeLessThan(0.02);
  });
});

describe('the summary', () => {
  test('bounds its lists and keeps its counts exact', () => {
    const tally = new Tally();
    for (let i = 0; i < 1000; i++) {
      tally.reject({ reason: 'InvalidSpan', message: `at ${i}` }, i);
      tally.warn(`warning ${i}`);
      tally.warn('the same');
    }
    const summary = tally.summary('OTLP JSON', 5);
    expect(summary.rejectedSpans).toBe(1000);
    expect(summary.rejected).toHaveLength(20);
    expect(summary.warnings).toHaveLength(20);
    expect(summary.warnings.reduce((sum, { count }) => sum + count, 0)).toBe(2000);
  });
});

describe('the memory of bodies', () => {
  test('is used again once a body is released, which is empty from then on', () => {
    const body = bodyOf(100_000).fill(1);
    giveBack(body.buffer);
    expect(body).toHaveLength(0);
    const next = bodyOf(90_000);
    expect(next).toHaveLength(90_000);
    expect(next[0]).toBe(1);
    giveBack(body.buffer);
    expect(bodyOf(90_000).buffer).not.toBe(next.buffer);
  });

  test('is its own for every body that is not released', () => {
    const bodies = [bodyOf(70_000), bodyOf(70_000)];
    expect(bodies[0]?.buffer).not.toBe(bodies[1]?.buffer);
  });
});
