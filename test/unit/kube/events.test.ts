import { describe, expect, onTestFinished, test } from 'vitest';
import { KubeError, type KubeErrorKind } from '../../../src/kube/errors.ts';
import { isReason, noteText, type Regarding } from '../../../src/kube/event-text.ts';
import { recorder } from '../../../src/kube/events.ts';
import type { KubeEvent } from '../../../src/kube/kinds.ts';
import type { Draft } from '../../../src/kube/meta.ts';
import { silentLog } from '../../../src/observability/logger.ts';
import { metrics } from '../../../src/observability/metrics.ts';
import { virtualClock } from '../../support/virtual-clock.ts';

const about = (name: string): Regarding => ({
  apiVersion: 'spanferry.io/v1alpha1',
  kind: 'IngestionSource',
  metadata: { namespace: 'ml-platform', name, uid: `uid-${name}`, resourceVersion: '7' },
});
const source = about('checkout-agents');

const denied = { type: 'Warning', reason: 'AccessDenied', action: 'Scan', note: 'grant s3:ListBucket on acme-traces' } as const;

/** A recorder, and what reaches the API server. */
function listening() {
  const clock = virtualClock();
  const registry = metrics();
  const created: Draft<KubeEvent>[] = [];
  const told: { readonly name: string; readonly count: unknown }[] = [];
  let answer: (() => Promise<void>) | undefined;
  const completed = (draft: Draft<KubeEvent>): KubeEvent => ({
    ...draft,
    metadata: { ...draft.metadata, uid: 'uid', resourceVersion: '1' },
  });
  const say = recorder({
    events: {
      create: async (draft) => {
        await answer?.();
        created.push(draft);
        return completed(draft);
      },
      patch: async ({ name }, steps) => {
        await answer?.();
        const [step] = steps;
        told.push({ name, count: step && 'value' in step && Object(step.value).count });
        return completed(created[0]!);
      },
    },
    controller: 'spanferry.io/operator',
    instance: 'spanferry-7d9f-x2x4p',
    clock,
    log: silentLog,
    metrics: registry,
  });
  const stop = new AbortController();
  const deadline = new AbortController();
  const ended = say.run(stop.signal, deadline.signal);
  onTestFinished(() => {
    stop.abort();
    deadline.abort();
  });
  const answers = (kind: KubeErrorKind | 'never' | undefined) => {
    if (kind === undefined) answer = undefined;
    else if (kind === 'never') answer = () => new Promise(() => {});
    else answer = () => Promise.reject(new KubeError(kind, 'cannot create events'));
  };
  const dropped = async () => /spanferry_events_dropped_total\{because="(\w+)"\} (\d+)/.exec((await registry.scrape()).text)?.slice(1, 3);
  return { clock, created, told, record: say.record, stop, deadline, ended, answers, dropped };
}

describe('the recorder of events', () => {
  test('writes an event as events.k8s.io wants it', async () => {
    const { clock, created, record } = listening();
    record(source, denied);
    await clock.advance(0);
    expect(created).toMatchObject([
      {
        ...denied,
        eventTime: '2026-11-20T12:00:00.000000Z',
        reportingController: 'spanferry.io/operator',
        reportingInstance: 'spanferry-7d9f-x2x4p',
        regarding: { kind: 'IngestionSource', namespace: 'ml-platform', name: 'checkout-agents', uid: 'uid-checkout-agents' },
      },
    ]);
    expect(created[0]?.metadata).toMatchObject({ namespace: 'ml-platform', name: expect.stringMatching(/^checkout-agents\.[0-9a-f]+$/) });
  });

  test('a thousand repetitions are one event and a count, told once a minute', async () => {
    const { clock, created, told, record } = listening();
    for (let n = 0; n < 1_000; n++) {
      record(source, { ...denied, note: `${n} objects could not be listed` });
      await clock.advance(100);
    }
    await clock.advance(60_000);
    expect(created).toHaveLength(1);
    expect(told.map(({ count }) => count)).toEqual([600, 1_000]);
  });

  test('after ten quiet minutes the same thing is a new event', async () => {
    const { clock, created, record } = listening();
    record(source, denied);
    await clock.advance(600_001);
    record(source, denied);
    await clock.advance(0);
    expect(created).toHaveLength(2);
  });

  test('one object cannot flood the others: ten different lines at once, then one per half a minute', async () => {
    const { clock, created, record, dropped } = listening();
    for (const letter of 'abcdefghijklmnopqrstuvwxyz') record(source, { ...denied, note: letter });
    record(about('another'), denied);
    await clock.advance(0);
    expect(created).toHaveLength(11);
    expect(await dropped()).toEqual(['rate', '16']);
    await clock.advance(30_000);
    record(source, { ...denied, note: 'and one more' });
    await clock.advance(0);
    expect(created).toHaveLength(12);
  });

  test('never waits: with an API server that does not answer, memory stays bounded', async () => {
    const { clock, record, answers, dropped } = listening();
    answers('never');
    for (let n = 0; n < 5_000; n++) record(about(`source-${n}`), denied);
    await clock.advance(0);
    expect(await dropped()).toEqual(['full', '3000']);
  });

  const refusals: readonly [kind: KubeErrorKind, then: string, written: number][] = [
    ['Unreachable', 'writes it when the API is back', 1],
    ['Throttled', 'writes it when the API has room', 1],
    ['Forbidden', 'gives it up', 0],
    ['NotFound', 'gives it up, the namespace is gone', 0],
    ['AlreadyExists', 'knows its own event', 0],
  ];
  test.each(refusals)('on %s it %s', async (kind, _then, written) => {
    const { clock, created, record, answers } = listening();
    answers(kind);
    record(source, denied);
    await clock.advance(3_000);
    answers(undefined);
    await clock.advance(60_000);
    expect(created).toHaveLength(written);
  });

  test('gives up on a long outage, and says how many it lost', async () => {
    const { clock, record, answers, dropped } = listening();
    answers('Unreachable');
    record(source, denied);
    await clock.advance(120_000);
    expect(await dropped()).toEqual(['unavailable', '1']);
  });

  test('on shutdown it tells what is left, counts included', async () => {
    const { clock, created, told, record, stop, ended } = listening();
    record(source, denied);
    await clock.advance(1_000);
    record(source, denied);
    record(source, { ...denied, reason: 'RegionMismatch' });
    stop.abort();
    await ended;
    expect(created.map(({ reason }) => reason)).toEqual(['AccessDenied', 'RegionMismatch']);
    expect(told.map(({ count }) => count)).toEqual([2]);
  });

  test('a word that is no reason is not written and not thrown', async () => {
    const { clock, created, record, dropped } = listening();
    record(source, { ...denied, reason: 'access denied' });
    await clock.advance(0);
    expect(created).toEqual([]);
    expect(await dropped()).toEqual(['invalid', '1']);
  });
});

describe('the text of an event', () => {
  test('fits into 1,024 bytes, cut between characters', () => {
    const note = noteText('größer '.repeat(300));
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1_024);
    expect(note).toMatch(/^(größer )+.*…$/);
    expect(note).not.toContain('\ufffd');
  });

  test('carries no signature and no control character', () => {
    expect(noteText('GET https://acme.s3.amazonaws.com/a.json?X-Amz-Signature=abc failed\u001b[31m')).toBe(
      'GET https://acme.s3.amazonaws.com/a.json failed [31m',
    );
  });

  test.each([
    ['AccessDenied', true],
    ['Deleted', true],
    ['accessDenied', false],
    ['Access Denied', false],
    ['', false],
  ])('%j as a reason: %s', (text, expected) => {
    expect(isReason(text)).toBe(expected);
  });
});
