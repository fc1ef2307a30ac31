import type { Asked } from './answer.ts';
import { type Arrival, apiVersionOf, arrival } from './arrival.ts';
import { KubeError } from './errors.ts';
import { jsonLines } from './lines.ts';
import type { KubeObject } from './meta.ts';
import type { CallOptions, Kind, Selection } from './resource.ts';
import type { Transport } from './transport.ts';

/** A page of a list as the server cut it. */
export type FeedPage<T> = {
  readonly arrivals: readonly Arrival<T>[];
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remaining?: number;
};

/** A line of a watch, not yet understood. */
export type FeedLine = { readonly type: string; readonly object: unknown };

export type OpenOptions = {
  readonly timeoutSeconds: number;
  readonly resourceVersion?: string;
  /** Asks for everything there is first, with a bookmark at its end (Kubernetes 1.34, or the feature WatchList). */
  readonly initialEvents?: boolean;
};

/** What a watch is made of: pages to begin with, lines to go on. */
export type Feed<T> = {
  readonly page: (selection: Selection, limit: number, token?: string, options?: CallOptions) => Promise<FeedPage<T>>;
  readonly open: (
    selection: Selection,
    open: OpenOptions,
    options?: CallOptions & { readonly idleMs?: () => number },
  ) => Promise<AsyncIterable<FeedLine>>;
  /** Names what is watched, for errors inside a stream. */
  readonly asked: (selection: Selection) => Asked;
};

/** The path of a collection, or of one object in it. */
export function pathOf(kind: Kind<KubeObject>, namespace?: string, name?: string, subresource?: string): string {
  const root = kind.group ? `/apis/${apiVersionOf(kind)}` : `/api/${kind.version}`;
  const parts = [namespace && `namespaces/${encodeURIComponent(namespace)}`, kind.plural, name && encodeURIComponent(name), subresource];
  return [root, ...parts.filter(Boolean)].join('/');
}

/** Pages and lines of one kind through the transport. */
export function feed<T extends KubeObject>(transport: Transport, kind: Kind<T>): Feed<T> {
  const asked = (verb: 'list' | 'watch', { namespace }: Selection): Asked => ({
    verb,
    resource: kind.plural,
    ...(namespace === undefined ? {} : { namespace }),
  });
  const selectors = ({ labelSelector, fieldSelector }: Selection) => ({ labelSelector, fieldSelector });

  const page: Feed<T>['page'] = async (selection, limit, token, options = {}) => {
    const answer = await transport.request({
      ...options,
      ...asked('list', selection),
      method: 'GET',
      path: pathOf(kind, selection.namespace),
      query: { ...selectors(selection), limit: String(limit), continue: token },
    });
    if (!isList(answer)) throw new KubeError('Garbled', `the API server returned something that is not a list of ${kind.plural}`);
    const { resourceVersion, continue: next, remainingItemCount } = answer.metadata;
    return {
      arrivals: answer.items.map((raw) => arrival(kind, raw)),
      resourceVersion,
      ...(next ? { continue: next } : {}),
      ...(remainingItemCount === undefined ? {} : { remaining: remainingItemCount }),
    };
  };

  const open: Feed<T>['open'] = async (selection, { timeoutSeconds, resourceVersion, initialEvents }, options = {}) => {
    const chunks = await transport.stream({
      ...options,
      ...asked('watch', selection),
      method: 'GET',
      path: pathOf(kind, selection.namespace),
      query: {
        ...selectors(selection),
        watch: 'true',
        allowWatchBookmarks: 'true',
        timeoutSeconds: String(timeoutSeconds),
        resourceVersion,
        sendInitialEvents: initialEvents ? 'true' : undefined,
        resourceVersionMatch: initialEvents ? 'NotOlderThan' : undefined,
      },
    });
    return feedLines(chunks);
  };

  return { page, open, asked: (selection) => asked('watch', selection) };
}

async function* feedLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FeedLine, void> {
  for await (const line of jsonLines(chunks)) {
    if (!isLine(line)) throw new KubeError('Garbled', 'a watch sent a line that is not an event');
    yield line;
  }
}

type List = {
  readonly items: readonly unknown[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
};

function isList(value: unknown): value is List {
  return typeof value === 'object' && value !== null && 'items' in value && Array.isArray(value.items) && 'metadata' in value;
}

function isLine(value: unknown): value is FeedLine {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'object' in value;
}
