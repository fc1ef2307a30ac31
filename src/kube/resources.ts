import type { Clock } from '../std/clock.ts';
import type { Asked } from './answer.ts';
import { apiVersionOf, arrived, checkedOnce } from './arrival.ts';
import { type Feed, feed, pathOf } from './feed.ts';
import { configMapKind, eventKind, leaseKind, secretKind } from './kinds.ts';
import type { Draft, KubeObject, Ref } from './meta.ts';
import { fileKind, ledgerKind, sourceKind } from './ownkinds.ts';
import type { CallOptions, Kind, Page, Resource } from './resource.ts';
import type { Call, Transport } from './transport.ts';
import { type WatchOptions, watch } from './watch.ts';

const PAGE = 500;

/** Everything this house touches in the API, through one transport. */
export function resources(transport: Transport, clock: Clock) {
  const of = <T extends KubeObject>(kind: Kind<T>): Resource<T> => resourceOf(transport, kind, clock);
  return {
    sources: of(sourceKind),
    files: of(checkedOnce(fileKind)),
    ledgers: of(ledgerKind),
    leases: of(leaseKind),
    events: of(eventKind),
    secrets: of(secretKind),
    configMaps: of(configMapKind),
  } as const;
}

export type Resources = ReturnType<typeof resources>;

/** The operations on one kind. */
export function resourceOf<T extends KubeObject>(transport: Transport, kind: Kind<T>, clock: Clock, random?: () => number): Resource<T> {
  const source = feed(transport, kind);

  /** One object: where it is, how it is called, what is done to it. */
  const call = async (
    verb: Asked['verb'],
    { namespace, name }: Ref,
    more: Omit<Call, keyof Asked | 'path'> & { readonly subresource?: string | undefined },
  ) => {
    const { subresource, ...rest } = more;
    const resource = subresource ? `${kind.plural}/${subresource}` : kind.plural;
    const path = pathOf(kind, namespace, verb === 'create' ? undefined : name, subresource);
    return transport.request({ ...rest, verb, resource, namespace, name, path });
  };

  const complete = (object: Draft<T> | T) => ({ apiVersion: apiVersionOf(kind), kind: kind.kind, ...object });

  const put = async (object: T, subresource: 'status' | undefined, options?: CallOptions): Promise<T> =>
    arrived(kind, await call('update', object.metadata, { ...options, method: 'PUT', body: complete(object), subresource }));

  return {
    kind,
    get: async (ref, options) => arrived(kind, await call('get', ref, { ...options, method: 'GET' })),
    list: (selection = {}, options = {}) => pages(source, selection, options),
    watch: (options: WatchOptions) => watch(source, kind, options, { clock, ...(random ? { random } : {}) }),
    create: async (object, options) =>
      arrived(kind, await call('create', object.metadata, { ...options, method: 'POST', body: complete(object) })),
    update: (object, options) => put(object, undefined, options),
    updateStatus: (object, options) => put(object, 'status', options),
    patch: async (ref, steps, { subresource, ...options } = {}) =>
      arrived(
        kind,
        await call('patch', ref, { ...options, subresource, method: 'PATCH', contentType: 'application/json-patch+json', body: steps }),
      ),
    apply: async (object, { fieldManager, force = false, subresource, ...options }) =>
      arrived(
        kind,
        await call('apply', object.metadata, {
          ...options,
          subresource,
          method: 'PATCH',
          contentType: 'application/apply-patch+yaml',
          query: { fieldManager, force: String(force) },
          body: complete(object),
        }),
      ),
    delete: async (ref, preconditions, options) => {
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: 'Background',
        ...(preconditions ? { preconditions } : {}),
      };
      await call('delete', ref, { ...options, method: 'DELETE', body });
    },
  };
}

async function* pages<T>(
  source: Feed<T>,
  selection: Parameters<Feed<T>['page']>[0],
  { pageSize = PAGE, ...options }: CallOptions & { readonly pageSize?: number },
): AsyncGenerator<Page<T>, void> {
  let token: string | undefined;
  do {
    const { arrivals, resourceVersion, remaining, continue: next } = await source.page(selection, pageSize, token, options);
    token = next;
    yield {
      items: arrivals.flatMap((each) => (each.fits ? [each.object] : [])),
      misfits: arrivals.flatMap((each) => (each.fits ? [] : [each])),
      resourceVersion,
      ...(remaining === undefined ? {} : { remaining }),
    };
  } while (token);
}
