import { fail } from '../../api/failure.ts';
import { isGoogleEndpoint } from '../../api/gcs.ts';
import type { OpenContext, StoreOptions } from '../provider.ts';
import { digest, secretValue } from '../secrets.ts';
import type { GcsSpec } from '../spec.ts';
import { endpointOf, universeOf } from './hosts.ts';
import { anonymous, type GoogleApi, type Identity, keyIdentity, type Operator } from './identity.ts';
import { serviceAccountKey } from './key.ts';

/** Whom a source reads as, and what tells that apart from others. */
export type Who = { readonly by: string; readonly identity: () => Identity };

/** Decides whom a source of Google reads as. Secrets are looked at, nobody is called. */
export function who(
  spec: Pick<GcsSpec, 'endpoint' | 'auth'>,
  { secrets, operatorIdentity }: OpenContext,
  options: StoreOptions,
  operator: Operator,
  api: GoogleApi,
): Who {
  const { endpoint } = spec;
  const { type } = spec.auth;
  if (type === 'None') return { by: type, identity: () => anonymous };
  if (endpoint !== undefined && !isGoogleEndpoint(endpoint) && options.google?.trustedOrigin !== endpoint) {
    const { host } = new URL(endpoint);
    fail('InvalidSpec', `auth.type ${type} would send a token of Google to ${host}; a foreign endpoint gets auth.type None`);
  }
  const universe = universeOf(endpoint);
  if (type === 'WorkloadIdentity') {
    if (!operatorIdentity) fail('NotAllowed', 'sources of this namespace may not use the identity of the operator');
    return { by: type, identity: () => operator(universe) };
  }
  const ref = spec.auth.keySecretRef ?? fail('InvalidSpec', 'auth.type ServiceAccountKey needs keySecretRef');
  const text = secretValue(secrets, ref.name, ref.key);
  const key = serviceAccountKey(text, `key ${ref.key} of Secret ${ref.name}`);
  if (key.universe !== universe) {
    fail('InvalidCredential', `the key in Secret ${ref.name} is of ${key.universe}: set endpoint to ${endpointOf(key.universe, api.host)}`);
  }
  return { by: digest(text), identity: () => keyIdentity(key, api, options.google?.tokenFetch) };
}
