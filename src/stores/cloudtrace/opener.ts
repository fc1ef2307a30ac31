import { systemClock } from '../../std/clock.ts';
import { clients } from '../clients.ts';
import { endpointOf, universeOf } from '../gcs/hosts.ts';
import { apis, type Identity, operatorIdentity } from '../gcs/identity.ts';
import { who } from '../gcs/who.ts';
import type { Opener, StoreOptions } from '../provider.ts';
import { digest, secretValue } from '../secrets.ts';
import { type Peer, probePace } from '../slices/exchange.ts';
import { connected } from '../slices/peer.ts';
import { memories, scheduleOf } from '../slices/schedule.ts';
import { sliceStore } from '../slices/store.ts';
import type { CloudTraceSpec } from '../spec.ts';
import { cloudTracePlace, SLICE_MS } from './place.ts';
import { allowance, pull, refusedBy, said, traces } from './traces.ts';

const REMEMBERED_DAYS = 30;

const partly = 'Cloud Trace gives neither status nor events nor links of a span, and at most 1,000 spans of a trace';

type Client = Omit<Peer, 'refused'> & { readonly identity: Identity; readonly close: () => void };

/** Opens Cloud Trace sources. Those that agree in identity and project share connections and the budget of the project. */
export function cloudTraceOpener(options: StoreOptions): Opener<CloudTraceSpec> {
  const { clock = systemClock } = options;
  const shared = clients<Client>();
  const remembered = memories();
  const operator = operatorIdentity(apis.trace, options.ownLogin);
  return {
    open: (spec, context) => {
      const { project, service } = spec;
      const reader = who(spec, context, options, operator, apis.trace);
      const url = spec.endpoint ?? endpointOf(universeOf(), apis.trace.host);
      const ca = spec.caSecretRef && secretValue(context.secrets, spec.caSecretRef.name, spec.caSecretRef.key);
      const by = digest(reader.by, url, project, ca);
      const { it: client, release } = shared.take(by, () => clientOf(url, reader.identity(), by, ca, options));
      const peer: Peer = { ...client, refused: refusedBy(project, client.identity.name), onRequest: context.onRequest };
      const { location, identity } = cloudTracePlace(spec);
      const schedule = scheduleOf(spec, SLICE_MS, REMEMBERED_DAYS);
      return sliceStore({
        location,
        schedule,
        clock,
        memory: remembered(context.source, `${identity.endpoint} ${by} ${service ?? '*'}`, schedule),
        probe: async (signal) => {
          const recently = { from: clock.now() - 60_000, to: clock.now(), view: 'MINIMAL', pageSize: 1 } as const;
          await traces(peer, project, recently, probePace(signal));
          const name = await client.identity.name();
          return { partly, ...(name !== undefined && { identity: name }) };
        },
        pull: (slice, pace) => pull(peer, spec, slice, pace),
        close: release,
      });
    },
    close: shared.close,
  };
}

function clientOf(url: string, identity: Identity, by: string, ca: string | undefined, options: StoreOptions): Client {
  const reached = connected({ kind: 'cloudTrace', platform: 'Cloud Trace', url, by, ca, allowance }, options);
  return {
    ...reached,
    identity,
    authorize: (renew) => identity.authorize(reached.origin, renew),
    renews: true,
    allowance: () => ({}),
    said,
  };
}
