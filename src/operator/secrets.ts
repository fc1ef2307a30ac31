import { isKube } from '../kube/errors.ts';
import type { Secret } from '../kube/kinds.ts';
import type { Ref } from '../kube/meta.ts';
import type { Resource } from '../kube/resource.ts';
import type { Secrets } from '../sources/port.ts';
import type { Clock } from '../std/clock.ts';

/** Decoded values of a Secret, by key; undefined where there is no such Secret. */
type Values = Readonly<Record<string, string>> | undefined;

/** A changed Secret is noticed within this time even if nobody complains. */
const KEPT_MS = 30_000;

/** One Secret, decoded, as it is now. The operator needs `get`, never `list`. */
export async function readSecret(secrets: Pick<Resource<Secret>, 'get'>, ref: Ref): Promise<Values> {
  try {
    const { data = {} } = await secrets.get(ref);
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
  } catch (thrown) {
    if (isKube(thrown, 'NotFound')) return undefined;
    throw thrown;
  }
}

/** The Secrets of sources, for manager and worker alike: read one by one when they are needed, and kept for a moment only. */
export function secretCache(read: (namespace: string, name: string) => Promise<Values>, clock: Clock): Secrets {
  const kept = new Map<string, { readonly at: number; readonly values: Promise<Values> }>();

  const forgetOld = (): void => {
    for (const [key, { at }] of kept) if (clock.monotonic() - at >= KEPT_MS) kept.delete(key);
  };

  const one = (namespace: string, name: string, maxAgeMs: number): Promise<Values> => {
    const key = `${namespace}/${name}`;
    const known = kept.get(key);
    if (known && clock.monotonic() - known.at < maxAgeMs) return known.values;
    const values = read(namespace, name);
    kept.set(key, { at: clock.monotonic(), values });
    // What could not be read is asked for again.
    values.catch(() => {
      if (kept.get(key)?.values === values) kept.delete(key);
    });
    return values;
  };

  return {
    read: async (namespace, names, maxAgeMs = KEPT_MS) => {
      forgetOld();
      const all = await Promise.all(names.map(async (name) => [name, await one(namespace, name, maxAgeMs)] as const));
      return Object.fromEntries(all.flatMap(([name, values]) => (values ? [[name, values]] : [])));
    },
    drop: (namespace, names) => {
      for (const name of names) kept.delete(`${namespace}/${name}`);
    },
  };
}
