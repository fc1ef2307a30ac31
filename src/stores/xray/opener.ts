import { systemClock } from '../../std/clock.ts';
import { clients } from '../clients.ts';
import type { Opener, StoreOptions } from '../provider.ts';
import { s3Access } from '../s3/access.ts';
import { type CredentialProvider, operatorCredentials } from '../s3/credentials.ts';
import { digest } from '../secrets.ts';
import { probePace } from '../slices/exchange.ts';
import { memories, scheduleOf } from '../slices/schedule.ts';
import { sliceStore } from '../slices/store.ts';
import type { XraySpec } from '../spec.ts';
import { type Client, xrayClient } from './client.ts';
import { SLICE_MS, xrayPlace } from './place.ts';
import { probe, pull } from './traces.ts';

const REMEMBERED_DAYS = 30;

const partly =
  'X-Ray has only the traces that its sampling rules keep; where CloudWatch Transaction Search is on, only the share of them that it indexes';

/** Opens X-Ray sources. Those that agree in identity and region share connections and a budget. */
export function xrayOpener(options: StoreOptions): Opener<XraySpec> {
  const { clock = systemClock } = options;
  const shared = clients<Client>();
  const remembered = memories();
  let operator: CredentialProvider | undefined;
  return {
    open: (spec, context) => {
      const { region, endpoint, auth, caSecretRef, requestsPerSecond } = spec;
      const access = s3Access({ auth, endpoint, caSecretRef }, context);
      const by = digest(access.key, region, endpoint, String(requestsPerSecond));
      const { it: client, release } = shared.take(by, () => {
        operator ??= operatorCredentials(options);
        return xrayClient(access, { region, endpoint, perSecond: requestsPerSecond }, by, operator, options);
      });
      const { location, identity } = xrayPlace(spec);
      const schedule = scheduleOf(spec, SLICE_MS, REMEMBERED_DAYS);
      const ask = client.ask(context.onRequest);
      return sliceStore({
        location,
        schedule,
        clock,
        memory: remembered(context.source, `${identity.endpoint} ${access.key} ${identity.bucket}`, schedule),
        probe: async (signal) => {
          await probe(ask, spec, clock.now(), probePace(signal));
          const name = await client.identity(signal);
          return { partly, ...(name !== undefined && { identity: name }) };
        },
        pull: (slice, pace) => pull(ask, spec, slice, pace, clock),
        close: release,
      });
    },
    close: shared.close,
  };
}
