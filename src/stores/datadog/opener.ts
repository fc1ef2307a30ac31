import { fail } from '../../api/failure.ts';
import { systemClock } from '../../std/clock.ts';
import { clients } from '../clients.ts';
import type { OpenContext, Opener, StoreOptions } from '../provider.ts';
import { digest, optionalSecretValue, secretValue } from '../secrets.ts';
import { type Peer, probePace } from '../slices/exchange.ts';
import { connected } from '../slices/peer.ts';
import { memories, scheduleOf } from '../slices/schedule.ts';
import { sliceStore } from '../slices/store.ts';
import type { DatadogSpec } from '../spec.ts';
import { type UpperHalves, upperHalves } from './halves.ts';
import { datadogPlace, datadogUrl, SLICE_MS } from './place.ts';
import { allowance, allowanceIn, pull, queryOf, refusedBy, said, search } from './search.ts';

const REMEMBERED_DAYS = 15;
const LIVE_MS = 15 * 60_000;

const partly =
  'Datadog gives all spans of the last 15 minutes, and of older ones only those that a retention filter has indexed; what the agent sampled away is at neither';

/** Upper halves of trace ids belong to the organisation that the keys are of, as the budget does. */
type Client = Peer & { readonly upper: UpperHalves; readonly close: () => void };

/** Opens Datadog sources. Those that agree in keys and site share connections and the budget of their organisation. */
export function datadogOpener(options: StoreOptions): Opener<DatadogSpec> {
  const { clock = systemClock } = options;
  const shared = clients<Client>();
  const remembered = memories();
  return {
    open: (spec, context) => {
      const keys = keysOf(spec, context);
      const url = datadogUrl(spec);
      const ca = spec.caSecretRef && secretValue(context.secrets, spec.caSecretRef.name, spec.caSecretRef.key);
      const by = digest(keys['dd-api-key'], keys['dd-application-key'], url, ca);
      const { it: client, release } = shared.take(by, () => peerOf(spec, url, keys, by, ca, options));
      const peer = { ...client, onRequest: context.onRequest };
      const { location, identity } = datadogPlace(spec);
      const schedule = scheduleOf(spec, SLICE_MS, REMEMBERED_DAYS);
      const reading = { service: spec.service, inferStepTypes: spec.inferStepTypes, upper: client.upper };
      return sliceStore({
        location,
        schedule,
        clock,
        memory: remembered(context.source, `${identity.endpoint} ${by} ${identity.bucket}`, schedule),
        probe: async (signal) => {
          await search(peer, queryOf(spec.service), clock.now() - LIVE_MS, clock.now(), probePace(signal), 1);
          return { partly };
        },
        pull: (slice, pace) => pull(peer, reading, slice, pace),
        close: release,
      });
    },
    close: shared.close,
  };
}

function peerOf(
  spec: DatadogSpec,
  url: string,
  keys: Readonly<Record<string, string>>,
  by: string,
  ca: string | undefined,
  options: StoreOptions,
): Client {
  return {
    upper: upperHalves(),
    ...connected({ kind: 'datadog', platform: 'Datadog', url, by, ca, allowance }, options),
    authorize: async () => keys,
    renews: false,
    allowance: allowanceIn,
    said,
    refused: refusedBy(spec.site),
  };
}

/** Both keys; what is missing is named all at once. */
function keysOf({ apiKeySecretRef: api, appKeySecretRef: app }: DatadogSpec, { secrets }: OpenContext) {
  const [apiKey, appKey] = [api, app].map(({ name, key }) => optionalSecretValue(secrets, name, key));
  const missing = [
    apiKey === undefined && `the API key (key ${api.key} of Secret ${api.name})`,
    appKey === undefined && `the application key (key ${app.key} of Secret ${app.name})`,
  ].filter((each) => each !== false);
  if (apiKey === undefined || appKey === undefined) {
    fail(
      'MissingCredential',
      `Datadog needs an API key and an application key: ${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not there`,
    );
  }
  return { 'dd-api-key': apiKey, 'dd-application-key': appKey };
}
