import { createHash } from 'node:crypto';
import { Failed } from '../api/failure.ts';
import type { IngestionSource } from '../api/ingestionsource.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { destinationSecretNames, isFailure, type OwnDestination, resolveDestination } from '../delivery/destination.ts';
import type { Sender } from '../delivery/sender.ts';
import type { Secrets } from '../sources/port.ts';
import type { Clock } from '../std/clock.ts';
import { type Stores, secretNamesOf } from '../stores/registry.ts';
import type { Store } from '../stores/store.ts';
import type { Settings as TranscodeSettings } from '../transcode/port.ts';
import { gathering } from '../worker/gather.ts';
import type { Connection, Connections } from '../worker/port.ts';
import type { Policy } from './policy.ts';

export type ConnectionOptions = {
  readonly secrets: Secrets;
  readonly stores: Stores;
  readonly delivery: Delivery;
  readonly own: OwnDestination;
  readonly policy: Policy;
  readonly transcoding: Omit<TranscodeSettings, 'format'>;
  readonly version: string;
  readonly clock: Clock;
};

type Values = Awaited<ReturnType<Secrets['read']>>;

type Open = Pick<Connection, 'fingerprint' | 'gathering'> & { readonly store: Store; readonly sender: Sender; readonly stamp: string };

/** What is open, and who uses it: what was replaced is closed when nobody does any more. */
type Shared = { readonly opening: Promise<Open>; readonly replaced: AbortController; users: number };

/** Files that wait for a corrected Secret look together: one read serves them all. */
const YOUNG_MS = 5_000;

export type WorkerConnections = Connections & { readonly drop: (uid: string) => void; readonly close: () => void };

/** Opens for a worker what a source leads to, once per state of the source and its Secrets. */
export function workerConnections(options: ConnectionOptions): WorkerConnections {
  const { secrets } = options;
  const shared = new Map<string, Shared>();

  const closeUnused = (each: Shared): void => {
    if (!each.replaced.signal.aborted || each.users > 0) return;
    each.opening.then(
      ({ store, sender }) => {
        sender.close();
        store.close();
      },
      () => {},
    );
  };

  const retire = (uid: string, each: Shared): void => {
    if (shared.get(uid) === each) shared.delete(uid);
    if (each.replaced.signal.aborted) return;
    each.replaced.abort();
    closeUnused(each);
  };

  /** What is open for the source as it is now; opens it where nothing is. */
  const current = async (source: IngestionSource, maxAgeMs?: number): Promise<Shared> => {
    const { uid = '', namespace = '', generation } = source.metadata;
    const values = await secrets.read(namespace, secretNames(source), maxAgeMs);
    const stamp = digest([generation, values]);
    const before = shared.get(uid);
    const known = await before?.opening.catch(() => undefined);
    // Somebody else may have opened it in the meantime.
    if (shared.get(uid) !== before) return current(source);
    if (before && known?.stamp === stamp) return before;
    if (before) retire(uid, before);
    const next: Shared = { opening: open(source, values, stamp, options), replaced: new AbortController(), users: 0 };
    shared.set(uid, next);
    next.opening.catch(() => retire(uid, next));
    return next;
  };

  const to = async (source: IngestionSource): Promise<Connection> => {
    const mine = await current(source);
    mine.users++;
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      mine.users--;
      closeUnused(mine);
    };
    try {
      const { store, sender, gathering, fingerprint } = await mine.opening;
      return { store, sender, gathering, fingerprint, replaced: mine.replaced.signal, release };
    } catch (thrown) {
      release();
      throw thrown;
    }
  };

  const drop = (uid: string): void => {
    const each = shared.get(uid);
    if (each) retire(uid, each);
  };

  return {
    to,
    drop,
    doubt: (source) => secrets.drop(source.metadata.namespace ?? '', secretNames(source)),
    renew: async (source) => {
      if (shared.has(source.metadata.uid ?? '')) await current(source, YOUNG_MS).catch(() => {});
    },
    close: () => {
      for (const uid of [...shared.keys()]) drop(uid);
    },
  };
}

async function open(source: IngestionSource, values: Values, stamp: string, options: ConnectionOptions): Promise<Open> {
  const { stores, delivery, own, policy, transcoding, version, clock } = options;
  const { metadata, spec } = source;
  const namespace = metadata.namespace ?? '';
  const refusal = policy.refusal(namespace, spec);
  if (refusal) throw new Failed(refusal);
  const destination = resolveDestination(spec.destination, own, values);
  if (isFailure(destination)) throw new Failed(destination);
  const store = await stores.open(spec.store, {
    source: { namespace, name: metadata.name },
    secrets: values,
    operatorIdentity: policy.operatorIdentity(namespace),
  });
  const sender = delivery.sender(destination, metadata.uid ?? '');
  const shared = gathering({ sender, maxBytes: transcoding.maxBatchBytes, clock });
  return { store, sender, gathering: shared, stamp, fingerprint: digest([destination.shown, spec.format, transcoding, version]) };
}

const secretNames = ({ spec }: IngestionSource): readonly string[] => [
  ...new Set([...secretNamesOf(spec.store), ...destinationSecretNames(spec.destination)]),
];

const digest = (of: unknown): string => createHash('sha256').update(JSON.stringify(of)).digest('base64url').slice(0, 22);
