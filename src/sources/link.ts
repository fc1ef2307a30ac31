import { createHash } from 'node:crypto';
import { type Failure, failureOf } from '../api/failure.ts';
import type { IngestionSource } from '../api/ingestionsource.ts';
import { type Backoff, backoffMs } from '../std/backoff.ts';
import type { Clock } from '../std/clock.ts';
import { secretNamesOf } from '../stores/registry.ts';
import type { Probe, Store } from '../stores/store.ts';
import type { Health } from './next-step.ts';
import type { OpenStore, Policy, Secrets } from './port.ts';

/** The way from a source to its store: opened with its Secrets, probed, and opened anew when spec or Secrets change. */
export type Link = {
  readonly health: () => Health;
  readonly store: () => Store | undefined;
  /** What the last probe that went well has learned. */
  readonly learned: () => Probe | undefined;
  /** Looks at spec and Secrets; true where the store had to be opened anew. */
  readonly update: (source: IngestionSource) => Promise<boolean>;
  readonly probe: (signal: AbortSignal) => Promise<void>;
  /** Something else than a probe has failed at the store. */
  readonly failed: (failure: Failure) => void;
  /** A listing came to its end: whatever failed before is over. */
  readonly worked: () => void;
  readonly close: () => void;
};

export type LinkOptions = {
  readonly open: OpenStore;
  readonly secrets: Secrets;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly random?: () => number;
};

/** The next probe follows within a minute, as the table of reasons promises. */
const pace: Backoff = { baseMs: 2_000, maxMs: 60_000 };

export function link({ open, secrets, policy, clock, random }: LinkOptions): Link {
  let health: Health = { is: 'unknown' };
  let opened: { readonly key: string; readonly store?: Store } | undefined;
  let learned: Probe | undefined;
  let failures = 0;
  let forget = () => {};
  let isClosed = false;

  const failed = (failure: Failure): void => {
    const wait = failure.retryAfterMs ?? backoffMs(pace, failures++, random);
    health = { is: 'failed', failure, againAt: clock.monotonic() + Math.min(wait, pace.maxMs) };
    // A credential may be corrected at any moment, so the next try reads it anew.
    forget();
  };

  const reopen = async (source: IngestionSource, key: string, values: Awaited<ReturnType<Secrets['read']>>): Promise<void> => {
    opened?.store?.close();
    opened = { key };
    health = { is: 'unknown' };
    learned = undefined;
    const { namespace = '', name } = source.metadata;
    const operatorIdentity = policy.operatorIdentity(namespace);
    const store = await open(source.spec.store, { source: { namespace, name }, secrets: values, operatorIdentity });
    if (isClosed) return store.close();
    opened = { key, store };
  };

  const update = async (source: IngestionSource): Promise<boolean> => {
    const { namespace = '' } = source.metadata;
    try {
      const names = secretNamesOf(source.spec.store);
      forget = () => secrets.drop(namespace, names);
      const values = await secrets.read(namespace, names);
      const key = digest([source.spec.store, policy.operatorIdentity(namespace), values]);
      const isRetryDue = health.is === 'failed' && opened?.store === undefined && clock.monotonic() >= health.againAt;
      if (opened?.key === key && !isRetryDue) return false;
      if (opened?.key !== key) failures = 0;
      await reopen(source, key, values);
      return true;
    } catch (thrown) {
      failed(failureOf(thrown));
      return false;
    }
  };

  const probe = async (signal: AbortSignal): Promise<void> => {
    const store = opened?.store;
    if (!store) return;
    try {
      learned = await store.probe(AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]));
      health = { is: 'well', at: clock.monotonic() };
    } catch (thrown) {
      signal.throwIfAborted();
      failed(probeFailure(thrown));
    }
  };

  return {
    health: () => health,
    store: () => opened?.store,
    learned: () => learned,
    update,
    probe,
    failed,
    worked: () => {
      failures = 0;
    },
    close: () => {
      isClosed = true;
      opened?.store?.close();
    },
  };
}

/** A little more than a store takes for a probe by itself. */
const PROBE_MS = 15_000;

const probeFailure = (thrown: unknown): Failure =>
  thrown instanceof DOMException && thrown.name === 'TimeoutError'
    ? { reason: 'StoreUnavailable', message: 'the store did not answer a probe in time' }
    : failureOf(thrown);

/** Secret values go in, so only a digest is kept. */
const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('base64url');
