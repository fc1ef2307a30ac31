import { failureOf } from '../api/failure.ts';
import { KubeError } from './errors.ts';
import type { KubeObject } from './meta.ts';
import type { Kind, Misfit } from './resource.ts';

/** An object fresh from the server: as this operator understands it, or why it cannot. */
export type Arrival<T> = { readonly fits: true; readonly object: T } | ({ readonly fits: false } & Misfit);

type Raw = {
  apiVersion?: string;
  kind?: string;
  metadata: { name: string; namespace?: string; uid?: string; resourceVersion?: string; managedFields?: unknown };
};

export const apiVersionOf = ({ group, version }: Kind<KubeObject>): string => (group ? `${group}/${version}` : version);

/**
 * Checks an object at the edge. managedFields go first, and what a list leaves out is filled in, so that it is the same however it came. What a
 * watch tells as deleted may only have left its selector, and then it is the content from before under the new version: nothing is kept of that.
 */
export function arrival<T extends KubeObject>(kind: Kind<T>, raw: unknown, isGone = false): Arrival<T> {
  const { metadata } = prepared(kind, raw);
  try {
    return { fits: true, object: isGone ? kind.parse(raw) : checked(kind, raw, metadata) };
  } catch (thrown) {
    const ref = { namespace: metadata.namespace ?? '', name: metadata.name };
    return { fits: false, ref, uid: metadata.uid ?? '', failure: failureOf(thrown) };
  }
}

/** The same where exactly one object is expected: a misfit is thrown. */
export function arrived<T extends KubeObject>(kind: Kind<T>, raw: unknown): T {
  return checked(kind, raw, prepared(kind, raw).metadata);
}

/** How many checked objects are kept at hand: an object comes again within moments, or seldom. */
const AT_HAND = 64;

/**
 * The same kind, for objects that come several times in the same version: as the answer to a write, and by each watch. Checking is most
 * of what an arrival costs, so it is done once, and copies share the object.
 */
export const checkedOnce = <T extends KubeObject>(kind: Kind<T>): Kind<T> => ({ ...kind, atHand: new Map() });

function checked<T extends KubeObject>({ parse, atHand }: Kind<T>, raw: unknown, { uid, resourceVersion }: Raw['metadata']): T {
  if (!atHand || !uid || !resourceVersion) return parse(raw);
  const mark = `${uid} ${resourceVersion}`;
  const known = atHand.get(mark);
  if (known) return known;
  const object = parse(raw);
  atHand.set(mark, object);
  const [oldest] = atHand.keys();
  if (atHand.size > AT_HAND && oldest !== undefined) atHand.delete(oldest);
  return object;
}

/** The resourceVersion of anything that has one. */
export function versionOf(raw: unknown): string {
  return isRaw(raw) || isList(raw) ? (raw.metadata.resourceVersion ?? '') : '';
}

function prepared<T extends KubeObject>(kind: Kind<T>, raw: unknown): Raw {
  if (!isRaw(raw)) throw new KubeError('Garbled', `the API server returned something that is not a ${kind.kind}`);
  delete raw.metadata.managedFields;
  raw.apiVersion ??= apiVersionOf(kind);
  raw.kind ??= kind.kind;
  return raw;
}

function isRaw(raw: unknown): raw is Raw {
  return isList(raw) && 'name' in raw.metadata && typeof raw.metadata.name === 'string';
}

function isList(raw: unknown): raw is { metadata: { resourceVersion?: string } } {
  return typeof raw === 'object' && raw !== null && 'metadata' in raw && typeof raw.metadata === 'object' && raw.metadata !== null;
}
