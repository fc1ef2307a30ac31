import { createHash } from 'node:crypto';
import { Failed } from '../api/failure.ts';
import type { IngestionSource } from '../api/ingestionsource.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { isFailure, type OwnDestination, resolveDestination } from '../delivery/destination.ts';
import type { Sender } from '../delivery/sender.ts';
import { destinationSecretNames } from '../sources/secrets.ts';
import type { Clock } from '../std/clock.ts';
import { type Stores, secretNamesOf } from '../stores/registry.ts';
import type { Store } from '../stores/store.ts';
import type { Settings as TranscodeSettings } from '../transcode/port.ts';
import type { Connection, Connections } from '../worker/port.ts';
import type { Policy } from './policy.ts';
import type { SecretReader, Values } from './secrets.ts';

export type ConnectionOptions = {
  readonly secrets: SecretReader;
  readonly stores: Stores;
  readonly delivery: Delivery;
  readonly own: OwnDestination;
  readonly policy: Policy;
  readonly transcoding: Omit<TranscodeSettings, 'format'>;
  readonly version: string;
  readonly clock: Clock;
};

type Open = Connection & { readonly store: Store; readonly sender: Sender; readonly stamp: string };

/** What was replaced may still be in use by files under way. */
const GRACE_MS = 10 * 60_000;

/** Opens for a worker what a source leads to, once per state of the source and its Secrets. */
export function workerConnections(
  options: ConnectionOptions,
): Connections & { readonly drop: (uid: string) => void; readonly close: () => void } {
  const { secrets, clock } = options;
  const opened = new Map<string, Promise<Open>>();

  const to = async (source: IngestionSource): Promise<Connection> => {
    const uid = source.metadata.uid ?? '';
    const values = await secrets.values(source.metadata.namespace ?? '', secretNames(source));
    const stamp = digest([source.metadata.generation, values]);
    const before = opened.get(uid);
    const known = await before?.catch(() => undefined);
    // Somebody else may have opened it in the meantime.
    if (opened.get(uid) !== before) return to(source);
    if (known?.stamp === stamp) return known;
    const opening = open(source, values, stamp, options);
    opened.set(uid, opening);
    opening.catch(() => opened.get(uid) === opening && opened.delete(uid));
    if (known) retire(known);
    return opening;
  };

  const retire = ({ store, sender }: Open): void => {
    void clock
      .sleep(GRACE_MS, stopped.signal)
      .catch(() => {})
      .then(() => {
        sender.close();
        store.close();
      });
  };

  const stopped = new AbortController();
  const drop = (uid: string): void => {
    void opened.get(uid)?.then(retire, () => {});
    opened.delete(uid);
  };

  return {
    to,
    drop,
    doubt: ({ metadata }) => secrets.forget(metadata.namespace ?? ''),
    close: () => {
      for (const uid of opened.keys()) drop(uid);
      stopped.abort();
    },
  };
}

async function open(
  source: IngestionSource,
  values: Readonly<Record<string, Values>>,
  stamp: string,
  options: ConnectionOptions,
): Promise<Open> {
  const { stores, delivery, own, policy, transcoding, version } = options;
  const { metadata, spec } = source;
  const namespace = metadata.namespace ?? '';
  const refusal = policy.refusal(namespace, spec);
  if (refusal) throw new Failed(refusal);
  const destination = resolveDestination(spec.destination, own, values);
  if (isFailure(destination)) throw new Failed(destination);
  const present = Object.fromEntries(
    Object.entries(values).filter((each): each is [string, Readonly<Record<string, string>>] => each[1] !== undefined),
  );
  const store = await stores.open(spec.store, {
    source: { namespace, name: metadata.name },
    secrets: present,
    operatorIdentity: policy.operatorIdentity(namespace),
  });
  const sender = delivery.sender(destination, metadata.uid ?? '');
  return { store, sender, stamp, fingerprint: digest([destination.shown, spec.format, transcoding, version]) };
}

const secretNames = ({ spec }: IngestionSource): readonly string[] => [
  ...new Set([...secretNamesOf(spec.store), ...destinationSecretNames(spec.destination)]),
];

const digest = (of: unknown): string => createHash('sha256').update(JSON.stringify(of)).digest('base64url').slice(0, 22);
