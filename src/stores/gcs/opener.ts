import { fail } from '../../api/failure.ts';
import { isGoogleEndpoint } from '../../api/gcs.ts';
import { clients } from '../clients.ts';
import type { OpenContext, Opener, StoreOptions } from '../provider.ts';
import { digest, secretValue } from '../secrets.ts';
import type { GcsSpec } from '../spec.ts';
import { type Web, web } from '../web.ts';
import { defaultUniverse, endpointOf, universeOf } from './hosts.ts';
import { anonymous, type Identity, keyIdentity, type Operator, operatorIdentity } from './identity.ts';
import { serviceAccountKey } from './key.ts';
import { gcsPlace } from './place.ts';
import { gcsStore } from './store.ts';

type Client = Web & { readonly identity: Identity };

/** Whom a source reads as, and what tells that apart from others. */
type Who = { readonly by: string; readonly identity: () => Identity };

/** Opens GCS buckets. Sources of one identity and endpoint share connections and tokens. */
export function gcsOpener(options: StoreOptions): Opener<GcsSpec> {
  const shared = clients<Client>();
  const operator = operatorIdentity();
  return {
    open: (spec, context) => {
      const { by, identity } = who(spec, context, options, operator);
      const { origin, pathname } = new URL(spec.endpoint ?? endpointOf(defaultUniverse));
      const ca = spec.caSecretRef && secretValue(context.secrets, spec.caSecretRef.name, spec.caSecretRef.key);
      const { client, release } = shared.take(digest(by, origin, ca), () => ({ ...web(options, ca), identity: identity() }));
      const { location } = gcsPlace(spec);
      return gcsStore(
        {
          origin,
          path: pathname.replace(/\/+$/, ''),
          bucket: spec.bucket,
          prefix: spec.prefix,
          location,
          identity: client.identity,
          web: client,
          idleMs: options.idleMs,
          onRequest: context.onRequest,
        },
        release,
      );
    },
    close: shared.close,
  };
}

function who(spec: GcsSpec, { secrets, operatorIdentity }: OpenContext, options: StoreOptions, operator: Operator): Who {
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
    fail('InvalidCredential', `the key in Secret ${ref.name} is of ${key.universe}: set endpoint to ${endpointOf(key.universe)}`);
  }
  return { by: digest(text), identity: () => keyIdentity(key, options.google?.tokenFetch) };
}
