import { isKube } from '../kube/errors.ts';
import type { Secret } from '../kube/kinds.ts';
import type { Ref } from '../kube/meta.ts';
import type { Resource } from '../kube/resource.ts';
import type { Clock } from '../std/clock.ts';

/** Decoded values of a Secret, by key; undefined where there is no such Secret. */
export type Values = Readonly<Record<string, string>> | undefined;

/** Secrets of a source's own namespace, read one by one: the operator needs `get`, never `list`. */
export type SecretReader = {
  readonly values: (namespace: string, names: readonly string[]) => Promise<Readonly<Record<string, Values>>>;
  /** Something was refused: read anew next time. */
  readonly forget: (namespace: string) => void;
};

/** A changed Secret is noticed within this time even if nobody complains. */
const FRESH_MS = 30_000;

type Known = { readonly at: number; readonly values: Promise<Values> };

/** One Secret, decoded, as it is now. */
export async function readSecret(secrets: Pick<Resource<Secret>, 'get'>, ref: Ref): Promise<Values> {
  try {
    const { data = {} } = await secrets.get(ref);
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
  } catch (thrown) {
    if (isKube(thrown, 'NotFound')) return undefined;
    throw thrown;
  }
}

export function secretReader(secrets: Pick<Resource<Secret>, 'get'>, clock: Clock): SecretReader {
  const known = new Map<string, Known>();

  const fresh = (namespace: string, name: string): Promise<Values> => {
    const key = `${namespace}/${name}`;
    const before = known.get(key);
    if (before && clock.monotonic() - before.at < FRESH_MS) return before.values;
    const values = readSecret(secrets, { namespace, name });
    known.set(key, { at: clock.monotonic(), values });
    values.catch(() => known.delete(key));
    return values;
  };

  return {
    values: async (namespace, names) =>
      Object.fromEntries(await Promise.all(names.map(async (name) => [name, await fresh(namespace, name)] as const))),
    forget: (namespace) => {
      for (const key of known.keys()) if (key.startsWith(`${namespace}/`)) known.delete(key);
    },
  };
}
