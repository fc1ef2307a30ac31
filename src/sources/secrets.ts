import type { Destination } from '../api/destination.ts';
import type { Clock } from '../std/clock.ts';
import type { ReadSecret } from './port.ts';

type Values = Readonly<Record<string, string>>;

/** Secrets are read when they are needed and kept for a moment only, so that a changed one is soon noticed. */
export type Secrets = {
  /** Values by name of the Secret; one that is not there is left out. */
  readonly read: (namespace: string, names: readonly string[]) => Promise<Readonly<Record<string, Values>>>;
  /** Something did not accept what was in there, or it is known to have changed. */
  readonly drop: (namespace: string, names: readonly string[]) => void;
};

const KEPT_MS = 60_000;

export function secretsOf(readSecret: ReadSecret, clock: Clock): Secrets {
  const kept = new Map<string, { readonly at: number; readonly values: Promise<Values | undefined> }>();

  const forgetOld = () => {
    for (const [key, { at }] of kept) if (clock.monotonic() - at >= KEPT_MS) kept.delete(key);
  };

  const read = (namespace: string, name: string): Promise<Values | undefined> => {
    const key = `${namespace}/${name}`;
    const known = kept.get(key);
    if (known) return known.values;
    const values = readSecret(namespace, name);
    kept.set(key, { at: clock.monotonic(), values });
    // What could not be read is asked for again.
    values.catch(() => kept.delete(key));
    return values;
  };

  return {
    read: async (namespace, names) => {
      forgetOld();
      const all = await Promise.all(names.map(async (name) => [name, await read(namespace, name)] as const));
      return Object.fromEntries(all.flatMap(([name, values]) => (values ? [[name, values]] : [])));
    },
    drop: (namespace, names) => {
      for (const name of names) kept.delete(`${namespace}/${name}`);
    },
  };
}

/** Names of the Secrets that a destination needs, each once. */
export const destinationSecretNames = (destination: Destination | undefined): readonly string[] => {
  const { authTokenSecretRef, headersSecretRef, caSecretRef, clientCertSecretRef } = destination ?? {};
  const names = [authTokenSecretRef, headersSecretRef, caSecretRef, clientCertSecretRef].flatMap((ref) => (ref ? [ref.name] : []));
  return [...new Set(names)];
};
