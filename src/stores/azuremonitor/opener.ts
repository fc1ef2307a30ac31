import { isLogsEndpoint } from '../../api/azuremonitor.ts';
import { Failed, fail } from '../../api/failure.ts';
import { systemClock } from '../../std/clock.ts';
import { tokenFailure, workloadIdentity } from '../azureblob/identity.ts';
import { clients } from '../clients.ts';
import type { OpenContext, Opener, StoreOptions } from '../provider.ts';
import { digest, secretValue } from '../secrets.ts';
import { type Peer, probePace } from '../slices/exchange.ts';
import { connected } from '../slices/peer.ts';
import { memories, scheduleOf } from '../slices/schedule.ts';
import { sliceStore } from '../slices/store.ts';
import type { AzureMonitorSpec } from '../spec.ts';
import { allowance, pull, refusedBy, rows, said } from './logs.ts';
import { azureMonitorPlace, PUBLIC_ENDPOINT, SLICE_MS } from './place.ts';
import { PROBE_QUERY } from './query.ts';

const REMEMBERED_DAYS = 30;
/** The service works on a query for up to three minutes before it says anything. */
const ANSWER_MS = 185_000;

type Client = Omit<Peer, 'refused'> & { readonly name: () => Promise<string | undefined>; readonly close: () => void };

/** Opens Azure Monitor sources. Those that agree in endpoint share connections, the operator's token and its budget. */
export function azureMonitorOpener(options: StoreOptions): Opener<AzureMonitorSpec> {
  const { clock = systemClock } = options;
  const shared = clients<Client>();
  const remembered = memories();
  return {
    open: (spec, context) => {
      const { workspaceId, service } = spec;
      const token = tokenOf(spec, context, options);
      const url = spec.endpoint ?? PUBLIC_ENDPOINT;
      const ca = spec.caSecretRef && secretValue(context.secrets, spec.caSecretRef.name, spec.caSecretRef.key);
      const by = digest(spec.auth.type, url, ca);
      const { it: client, release } = shared.take(by, () => clientOf(url, token(), by, ca, options));
      const peer: Peer = { ...client, refused: refusedBy(workspaceId), onRequest: context.onRequest };
      const { location, identity } = azureMonitorPlace(spec);
      const schedule = scheduleOf(spec, SLICE_MS, REMEMBERED_DAYS);
      return sliceStore({
        location,
        schedule,
        clock,
        memory: remembered(context.source, `${identity.endpoint} ${by} ${service ?? '*'}`, schedule),
        probe: async (signal) => {
          await rows(peer, workspaceId, PROBE_QUERY, probePace(signal));
          const name = await client.name();
          return name === undefined ? {} : { identity: name };
        },
        pull: (slice, pace) => pull(peer, spec, slice, pace),
        close: release,
      });
    },
    close: shared.close,
  };
}

/** Where tokens come from, and who has them. */
type Token = { readonly of: (renew: boolean) => Promise<string | undefined>; readonly name: () => Promise<string | undefined> };

const nobody: Token = { of: async () => undefined, name: async () => undefined };

/** Decides whose token a source reads with; nobody is called. */
function tokenOf(
  { auth, endpoint = PUBLIC_ENDPOINT }: AzureMonitorSpec,
  { operatorIdentity }: OpenContext,
  { azure, ownLogin }: StoreOptions,
): () => Token {
  if (auth.type === 'None') return () => nobody;
  const isTrusted = azure?.trustedOrigin === endpoint;
  if (!isLogsEndpoint(endpoint) && !isTrusted) {
    fail(
      'InvalidSpec',
      `auth.type WorkloadIdentity would send a token of Azure to ${new URL(endpoint).host}; a foreign endpoint gets auth.type None`,
    );
  }
  if (!operatorIdentity) fail('NotAllowed', 'sources of this namespace may not use the identity of the operator');
  if (isTrusted) return () => ({ of: azure.token, name: async () => undefined });
  return () => ofOperator(scopeOf(endpoint), ownLogin);
}

/** The public cloud answers at several names, and knows its tokens by one of them. */
const scopeOf = (endpoint: string): string => {
  const { hostname } = new URL(endpoint);
  return `https://${/\.(io|azure\.com)$/.test(hostname) ? 'api.loganalytics.io' : hostname}/.default`;
};

function ofOperator(scope: string, ownLogin: boolean | undefined): Token {
  let identity = workloadIdentity(scope, ownLogin);
  return {
    of: async (renew) => {
      // The library keeps a token until it ends; only a new credential asks for another one.
      if (renew) identity = workloadIdentity(scope, ownLogin);
      try {
        return (await identity.getToken(scope))?.token;
      } catch (thrown) {
        throw new Failed(tokenFailure(thrown) ?? { reason: 'StoreUnavailable', message: 'Microsoft Entra gives no token', cause: thrown });
      }
    },
    name: () => identity.name(),
  };
}

function clientOf(url: string, token: Token, by: string, ca: string | undefined, options: StoreOptions): Client {
  return {
    ...connected({ kind: 'azureMonitor', platform: 'Azure Monitor', url, by, ca, allowance, answerMs: ANSWER_MS }, options),
    name: token.name,
    authorize: async (renew) => {
      const value = await token.of(renew);
      return { prefer: 'wait=180', ...(value !== undefined && { authorization: `Bearer ${value}` }) };
    },
    renews: true,
    allowance: () => ({}),
    said,
  };
}
