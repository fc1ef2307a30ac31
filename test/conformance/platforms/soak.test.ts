import { describe, expect, test } from 'vitest';
import { openStores } from '../../../src/stores/registry.ts';
import type { Store } from '../../../src/stores/store.ts';
import type { SentSpan } from '../../support/platforms/platform.ts';
import { random, seedOf } from '../../support/random.ts';
import { type VirtualClock, virtualClock } from '../../support/virtual-clock.ts';
import { files } from '../stores/reading.ts';
import type { PlatformDriver } from './driver.ts';
import { readSlice } from './reading.ts';
import { azureMonitor } from './servers/azuremonitor.ts';
import { cloudTrace } from './servers/cloudtrace.ts';
import { datadog } from './servers/datadog.ts';
import { xray } from './servers/xray.ts';

const MINUTE = 60_000;
const source = { namespace: 'ml-platform', name: 'checkout-agents' };

/** What the collector took: how often each content of each span. */
type Taken = ReadonlyMap<string, number>;

type Outcome = {
  readonly sent: readonly SentSpan[];
  readonly taken: Taken;
  /** Processes that began without a memory, and attempts that failed after their spans were delivered: both may repeat. */
  readonly excuses: number;
};

type Weather = { readonly hours: number; readonly restarts: number; readonly failures: number; readonly pauses: number };

/** Hours of a source, by a clock that the test turns: spans come late, are updated, attempts fail, and the process starts anew. */
async function soak(driver: PlatformDriver, chance: () => number, { hours, restarts, failures, pauses }: Weather): Promise<Outcome> {
  const clock = virtualClock();
  const { server, access, options } = await driver.start(clock.now);
  const { spec, secrets } = access('checkout-agents');
  const taken = new Map<string, number>();
  const done = new Map<string, string>();
  const sent: SentSpan[] = [];
  let excuses = 0;

  const send = (span: SentSpan) => {
    sent.push(span);
    server.send(span);
  };

  /** A few spans a minute; one in ten comes late, one in ten is updated. */
  const traffic = (now: number) => {
    for (let n = 0; n < 3; n++) {
      const digits = (sent.length + 1).toString(16).padStart(15, '0');
      const start = now + Math.floor(chance() * MINUTE);
      const ids = { traceId: `6564f0a2${digits.padStart(24, 'a')}`, spanId: `b${digits}` };
      const span = { ...ids, service: 'checkout-agents', name: 'GET /cart', start, durationMs: 25 };
      const later = () => start + 30 + Math.floor(chance() * 4 * MINUTE);
      const arrives = chance() < 0.1 ? later() : start + 25;
      send({ ...span, arrives });
      if (chance() < 0.1) send({ ...span, attributes: { answer: 'found' }, arrives: Math.max(later(), arrives) });
    }
  };

  const begun = async () => {
    const stores = openStores({ allowLoopback: true, clock, ...options });
    const store = await stores.open(spec, { source, secrets, operatorIdentity: true });
    const end = () => {
      store.close();
      stores.close();
    };
    return { store, end };
  };

  /** As leader and worker would: every slice that the ledger does not know under its pass is read, until its spans are taken. */
  const scan = async (store: Store, from: number) => {
    for (const file of await files(store, { notBefore: from })) {
      if (done.get(file.key) === file.version) continue;
      const outage = { status: 503, body: {} };
      server.failNext(...(chance() < failures ? [outage, outage, outage] : []));
      const fails = chance() < failures;
      const spans = await patiently(clock, readSlice(store, file, { done: !fails }));
      if (spans === undefined) continue;
      for (const span of spans) {
        const content = `${span.spanId} ${JSON.stringify(span.attributes).includes('found') ? 'updated' : 'first'}`;
        taken.set(content, (taken.get(content) ?? 0) + 1);
      }
      // The destination took all of it, and nobody heard of it.
      if (fails) excuses++;
      else done.set(file.key, file.version);
    }
    server.failNext();
  };

  const from = clock.now();
  let process = await begun();
  for (let minute = 0; minute < hours * 60; minute++) {
    if (minute < hours * 60 - 30) traffic(from + minute * MINUTE);
    await clock.advance(MINUTE);
    if (chance() < restarts) {
      process.end();
      process = await begun();
      excuses++;
    }
    if (chance() >= pauses || minute === hours * 60 - 1) await scan(process.store, from);
  }
  process.end();
  await server.stop();
  return { sent, taken, excuses };
}

/** Lets the clock go on while a reading waits for something; undefined where it fails. */
async function patiently<Result>(clock: VirtualClock, work: Promise<Result>): Promise<Result | undefined> {
  let over = false;
  const ended = work
    .catch(() => undefined)
    .finally(() => {
      over = true;
    });
  for (let turns = 0; !over; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!over && turns > 20) await clock.advance(100);
  }
  return ended;
}

const repeatsOf = (taken: Taken): number => [...taken.values()].reduce((sum, times) => sum + times - 1, 0);

const drivers = [
  ['datadog', async () => datadog],
  ['cloudTrace', cloudTrace],
  ['azureMonitor', async () => azureMonitor],
  ['xray', async () => xray],
] as const;

function expectAll({ sent, taken }: Outcome): void {
  const ids = new Set(sent.map(({ spanId }) => spanId));
  const arrived = new Set([...taken.keys()].map((content) => content.split(' ')[0]));
  expect(
    [...ids].filter((id) => !arrived.has(id)),
    'missing',
  ).toEqual([]);
  // What was updated is there as it became, whatever it was before.
  const updated = new Set(sent.filter(({ attributes }) => attributes).map(({ spanId }) => spanId));
  expect(
    [...updated].filter((id) => !taken.has(`${id} updated`)),
    'not updated',
  ).toEqual([]);
}

describe.each(drivers)('%s: hours with late and updated spans', (name, driverOf) => {
  const chanceOf = () => {
    const seed = seedOf();
    console.log(`${name}: seed ${seed}`);
    return random(seed).next;
  };

  test('in calm weather no span is missing, and none comes twice', async () => {
    const outcome = await soak(await driverOf(), chanceOf(), { hours: 2, restarts: 0, failures: 0, pauses: 0.1 });
    expectAll(outcome);
    expect([...outcome.taken].filter(([, times]) => times > 1)).toEqual([]);
  }, 60_000);

  test('through restarts and failures no span is missing, and repeats have a bound', async () => {
    const outcome = await soak(await driverOf(), chanceOf(), { hours: 3, restarts: 0.01, failures: 0.03, pauses: 0.1 });
    expectAll(outcome);
    const { sent, taken, excuses } = outcome;
    console.log(`${name}: ${sent.length} spans sent, ${repeatsOf(taken)} repeats for ${excuses} restarts and failures`);
    // Each of them repeats at most what is remembered for overlap and settle: twenty minutes of four spans.
    expect(repeatsOf(taken)).toBeLessThanOrEqual(excuses * 80);
  }, 60_000);
});
