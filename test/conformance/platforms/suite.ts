import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failureOf } from '../../../src/api/failure.ts';
import { openStores, type Stores } from '../../../src/stores/registry.ts';
import type { Store } from '../../../src/stores/store.ts';
import type { SentSpan } from '../../support/platforms/platform.ts';
import { feed } from '../../support/traces/feed.ts';
import { type VirtualClock, virtualClock } from '../../support/virtual-clock.ts';
import type { Access } from '../stores/driver.ts';
import { files, keys } from '../stores/reading.ts';
import type { PlatformDriver, Started } from './driver.ts';
import { attribute, idsOf, readSlice, textOf } from './reading.ts';

const MINUTE = 60_000;
const source = { namespace: 'ml-platform', name: 'checkout-agents' };

/** The cases that every trace platform has to pass. Each works in an hour of its own, by a clock that the test turns. */
export function conformance(driver: PlatformDriver): void {
  const { name, minutes, provider } = driver;
  let clock: VirtualClock;
  let started: Started;
  let stores: Stores;
  const opened: Store[] = [];
  /** What was told of the budget, last. */
  let left: { readonly platform: string; readonly credential: string; readonly remaining: number } | undefined;

  beforeAll(async () => {
    clock = virtualClock();
    started = await driver.start(clock.now);
    const onAllowance = (platform: string, credential: string, remaining: number) => {
      left = { platform, credential, remaining };
    };
    stores = openStores({ allowLoopback: true, clock, onAllowance, ...started.options });
  });
  afterAll(async () => {
    for (const store of opened) store.close();
    stores.close();
    await started.server.stop();
  });

  const open = async ({ spec, secrets }: Access, name = source.name): Promise<Store> => {
    const store = await stores.open(spec, { source: { ...source, name }, secrets, operatorIdentity: true });
    opened.push(store);
    return store;
  };

  /** The start of a slice that is yet to come, after everything that cases before have sent. */
  const nextSlice = async (): Promise<number> => {
    const from = (Math.floor(clock.now() / (60 * MINUTE)) + 1) * 60 * MINUTE;
    await clock.advance(from - clock.now());
    return from;
  };

  let count = 0;
  const sent = (start: number, more: Partial<SentSpan> = {}): SentSpan => {
    const digits = (++count).toString(16).padStart(15, '0');
    const span = {
      traceId: `6564${digits.padStart(28, 'a')}`,
      spanId: `b${digits}`,
      service: 'checkout-agents',
      name: 'GET /cart',
      start,
      durationMs: 25,
    };
    const made = { ...span, ...more };
    started.server.send(made);
    return made;
  };

  /** The slice that begins at a moment, as the listing shows it now. */
  const listed = async (store: Store, from: number) => (await files(store, { notBefore: from })).find(({ key }) => key === keyOf(from));
  const keyOf = (from: number) => `${new Date(from).toISOString().slice(0, 19)}Z/PT${minutes}M`;
  const settled = (from: number) => from + (minutes + 2) * MINUTE - clock.now();

  describe(`${name}: slices`, () => {
    test('are listed once they have settled, in order, and once more for what comes late', async () => {
      const from = await nextSlice();
      const store = await open(started.access());
      await clock.advance(settled(from) - 1);
      expect(await listed(store, from)).toBeUndefined();
      await clock.advance(1);
      expect(await listed(store, from)).toMatchObject({ key: keyOf(from), version: 'pass-1', modifiedTime: from + minutes * MINUTE });
      await clock.advance(10 * MINUTE);
      expect(await listed(store, from)).toMatchObject({ key: keyOf(from), version: 'pass-2' });
      const all = await keys(store, { notBefore: from - 60 * MINUTE });
      expect(all).toEqual([...all].sort());
      expect(await keys(store, { startAfter: keyOf(from) })).toEqual(all.filter((key) => key > keyOf(from)));
      expect(await keys(store, { prefix: keyOf(from) })).toEqual([keyOf(from)]);
    });

    test('without spans are read as files without spans', async () => {
      const from = await nextSlice();
      const store = await open(started.access());
      await clock.advance(settled(from));
      expect(await readSlice(store, (await listed(store, from))!)).toEqual([]);
    });

    test('hold exactly the spans of their time, with provider and native trace id on each', async () => {
      const from = await nextSlice();
      const store = await open(started.access());
      const [first, last] = [sent(from), sent(from + minutes * MINUTE - 30)];
      const next = sent(from + minutes * MINUTE);
      await clock.advance(settled(from));
      const spans = await readSlice(store, (await listed(store, from))!);
      expect(idsOf(spans)).toEqual(idsOf([first, last] as never));
      for (const span of spans) {
        expect(attribute(span.resource, 'cloud.provider')).toBe(provider);
        expect(attribute(span.attributes, 'cloud.trace_id')).toBeTruthy();
        expect(attribute(span.resource, 'service.name')).toBe('checkout-agents');
        expect([first.traceId, last.traceId]).toContain(span.traceId);
      }
      await clock.advance(minutes * MINUTE);
      expect(idsOf(await readSlice(store, (await listed(store, from + minutes * MINUTE))!))).toEqual([next.spanId]);
    });

    test('of many pages are read to the end', async () => {
      const from = await nextSlice();
      const store = await open(started.access());
      const all = Array.from({ length: driver.manySpans }, (_, n) => sent(from + n * 10));
      await clock.advance(settled(from));
      const before = started.server.calls.length;
      expect(idsOf(await readSlice(store, (await listed(store, from))!))).toEqual(all.map(({ spanId }) => spanId).sort());
      expect(started.server.calls.length - before).toBeGreaterThan(1);
    });

    test('hold one service where one is named, exactly so', async () => {
      const from = await nextSlice();
      const store = await open(started.access('checkout-agents'));
      const wanted = sent(from);
      sent(from, { service: 'Checkout-Agents' });
      sent(from, { service: 'checkout-agents-2' });
      await clock.advance(settled(from));
      expect(idsOf(await readSlice(store, (await listed(store, from))!))).toEqual([wanted.spanId]);
    });

    test.each(['checkout agents', 'shop:checkout (v2)', '-checkout', 'Bücher'])('hold a service called %s', async (service) => {
      const from = await nextSlice();
      const store = await open(started.access(service));
      const wanted = sent(from, { service });
      sent(from);
      await clock.advance(settled(from));
      expect(idsOf(await readSlice(store, (await listed(store, from))!))).toEqual([wanted.spanId]);
    });

    test('with a span that nobody can read bring the others, and count it as rejected with a reason', async () => {
      const from = await nextSlice();
      const store = await open(started.access());
      sent(from);
      sent(from + 10, { isGarbled: true });
      sent(from + 20);
      await clock.advance(settled(from));
      const text = await textOf(store, (await listed(store, from))!);
      const { summary } = await feed(text);
      expect(summary).toMatchObject({ spans: 2, rejectedSpans: 1, rejected: [driver.garbled] });
    });
  });

  describe(`${name}: late and again`, () => {
    test('the second pass brings what came late, and leaves out what was accepted', async () => {
      const from = await nextSlice();
      const store = await open(started.access());
      const early = sent(from);
      const late = sent(from + 1_000, { arrives: from + (minutes + 3) * MINUTE });
      await clock.advance(settled(from));
      const first = await readSlice(store, (await listed(store, from))!);
      await clock.advance(11 * MINUTE);
      const second = (await listed(store, from))!;
      // A platform may have shown the late span in the slice in which it arrived.
      const between = (await files(store, { startAfter: keyOf(from) })).slice(0, 10);
      const rest = [];
      for (const file of [second, ...between]) rest.push(...(await readSlice(store, file)));
      expect(idsOf(first)).toEqual([early.spanId]);
      expect(idsOf(rest)).toEqual([late.spanId]);
    });

    test('what was not accepted is read again', async () => {
      const from = await nextSlice();
      const store = await open(started.access());
      const span = sent(from);
      await clock.advance(settled(from));
      const file = (await listed(store, from))!;
      expect(idsOf(await readSlice(store, file, { done: false }))).toEqual([span.spanId]);
      expect(idsOf(await readSlice(store, file, { done: true }))).toEqual([span.spanId]);
      await clock.advance(10 * MINUTE);
      expect(await readSlice(store, (await listed(store, from))!)).toEqual([]);
    });

    test('a slice that is asked for again brings all of it again', async () => {
      const from = await nextSlice();
      const store = await open(started.access());
      const span = sent(from);
      await clock.advance(settled(from));
      const file = (await listed(store, from))!;
      await readSlice(store, file);
      expect(idsOf(await readSlice(store, file)), 'as `force` asks').toEqual([span.spanId]);
    });

    test('two sources of one place each bring all spans: their destinations may differ', async () => {
      const from = await nextSlice();
      const [ours, theirs] = [await open(started.access(), 'ours'), await open(started.access(), 'theirs')];
      const span = sent(from);
      await clock.advance(settled(from));
      const file = (await listed(ours, from))!;
      expect(idsOf(await readSlice(ours, file))).toEqual([span.spanId]);
      expect(idsOf(await readSlice(theirs, file))).toEqual([span.spanId]);
    });

    test('a store that was opened anew remembers what was accepted', async () => {
      const from = await nextSlice();
      sent(from);
      await clock.advance(settled(from));
      const before = await open(started.access());
      expect(await readSlice(before, (await listed(before, from))!)).toHaveLength(1);
      before.close();
      const after = await open(started.access());
      await clock.advance(10 * MINUTE);
      expect(await readSlice(after, (await listed(after, from))!)).toEqual([]);
    });
  });

  describe(`${name}: trouble`, () => {
    const ready = async () => {
      const from = await nextSlice();
      const store = await open(started.access());
      const span = sent(from);
      await clock.advance(settled(from));
      return { store, span, file: (await listed(store, from))! };
    };

    /** Turns the clock while something waits for it. */
    const turning = async <Result>(work: Promise<Result>): Promise<Result> => {
      let over = false;
      const end = () => {
        over = true;
      };
      work.then(end, end);
      while (!over) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (!over) await clock.advance(1_000);
      }
      return work;
    };

    const hiccups = [
      { name: 'an answer of 500', arrange: () => started.server.failNext({ status: 500, body: {} }) },
      { name: 'an answer of 503 with a web page', arrange: () => started.server.failNext({ status: 503, body: '<html></html>' }) },
      { name: 'a connection that is reset', arrange: () => started.server.failNext('reset') },
      ...(driver.hiccups ?? []),
    ];
    test.each(hiccups)('$name once is not noticed by who reads', async ({ arrange }) => {
      const { store, file, span } = await ready();
      arrange();
      expect(idsOf(await turning(readSlice(store, file)))).toEqual([span.spanId]);
    });

    test('a probe tells that all is well, and what is out of reach', async () => {
      const store = await open(started.access());
      const { partly } = await store.probe();
      if (driver.partly) expect(partly).toMatch(driver.partly);
    });

    test.each(driver.troubles)('$name is $reason', async ({ reason, says, shows, faults, access }) => {
      const { file } = await ready();
      const failing = async () => {
        const given = started.access();
        const store = await open(access ? access(given) : given);
        started.server.failNext(...(faults ?? []));
        if (shows === 'probe') await store.probe();
        else await readSlice(store, file);
      };
      const failure = await failing().then(() => undefined, failureOf);
      expect(failure).toMatchObject({ reason });
      if (says) expect(failure?.message).toMatch(says);
    });

    test('what is left of the budget is told, and no credential with it', async () => {
      const { store, file } = await ready();
      await readSlice(store, file);
      expect(left).toMatchObject({ platform: name });
      expect(left?.remaining).toBeGreaterThan(0);
      started.server.failNext(driver.throttled);
      await readSlice(store, file).catch(() => {});
      expect(left?.remaining).toBe(0);
      expect(JSON.stringify(Object.values(started.access().secrets))).not.toContain(left?.credential);
      await clock.advance(60 * MINUTE);
    });

    test('a platform that asks to wait is left alone for as long, and the slice says until when', async () => {
      const { store, file, span } = await ready();
      started.server.failNext(driver.throttled);
      const failure = await readSlice(store, file).then(() => undefined, failureOf);
      expect(failure).toMatchObject({ reason: 'Throttled' });
      expect(failure?.retryAfterMs).toBeGreaterThan(5_000);
      const calls = started.server.calls.length;
      expect(await readSlice(store, file).then(() => undefined, failureOf)).toMatchObject({ reason: 'Throttled' });
      expect(started.server.calls, 'nobody asks meanwhile').toHaveLength(calls);
      await clock.advance(failure?.retryAfterMs ?? 0);
      expect(idsOf(await readSlice(store, file))).toEqual([span.spanId]);
    });

    test('a slice that has begun waits, and shows that it lives', async () => {
      const from = await nextSlice();
      const store = await open(started.access());
      const all = Array.from({ length: driver.manySpans }, (_, n) => sent(from + n * 10));
      await clock.advance(settled(from));
      const file = (await listed(store, from))!;
      const throttledInTheMiddle = () => {
        const passing = driver.calls.test('POST /Traces') ? [undefined, undefined] : [undefined];
        started.server.failNext(...passing, driver.throttled);
      };
      throttledInTheMiddle();
      const chunks: string[] = [];
      let over = false;
      const reading = (async () => {
        for await (const chunk of store.open(file)) chunks.push(Buffer.from(chunk).toString());
      })().finally(() => {
        over = true;
      });
      for (let minute = 0; !over && minute < 120; minute++) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        await clock.advance(MINUTE);
      }
      await reading;
      expect(chunks).toContain('\n');
      const ids = chunks.flatMap((chunk) => [...chunk.matchAll(/"spanId":"([0-9a-f]{16})"/g)].map(([, id]) => id));
      expect(ids.sort()).toEqual(all.map(({ spanId }) => spanId).sort());
    });

    test('leaving while a slice waits ends the reading', async () => {
      const { store, file } = await ready();
      const abort = new AbortController();
      const reason = new Error('the worker drains');
      started.server.failNext({ status: 503, body: {} }, { status: 503, body: {} });
      const reading = readSlice(store, file, { signal: abort.signal });
      abort.abort(reason);
      await expect(reading).rejects.toBe(reason);
      started.server.failNext();
      await clock.advance(MINUTE);
    });

    test('a part is never passed off as the whole', async () => {
      if (!driver.partial) return;
      const { store, file } = await ready();
      started.server.failNext(...Array.from({ length: 3 }, () => driver.partial ?? []).flat());
      expect(await turning(readSlice(store, file).then(() => undefined, failureOf))).toMatchObject({ reason: 'StoreUnavailable' });
    });

    test('nothing but reading was called', () => {
      const seen = new Set(started.server.calls.map(({ method, url }) => `${method} ${url.pathname}`));
      expect([...seen].filter((call) => !driver.calls.test(call))).toEqual([]);
    });
  });
}
