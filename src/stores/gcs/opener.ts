import { fail } from '../../api/failure.ts';
import { isGoogleEndpoint } from '../../api/gcs.ts';
import { clients } from '../clients.ts';
import type { OpenContext, Opener, StoreOptions } from '../provider.ts';
import { digest, secretValue } from '../secrets.ts';
import type { GcsSpec } from '../spec.ts';
import { type Web, web } from '../web.ts';
import { defaultUniverse, endpointOf } from './hosts.ts';
import { anonymous, type Identity, keyIdentity, operatorIdentity } from './identity.ts';
import { serviceAccountKey } from './key.ts';
import { gcsPlace } from './place.ts';
import { gcsStore } from './store.ts';

type Client = Web & { readonly identity: Identity };

/** Whom a source reads as, and what tells that apart from others. */
type Who = { readonly by: string; readonly universe: string; readonly identity: () => Identity };

/** Opens GCS buckets. Sources of one identity and endpoint share connections and tokens. */
export function gcsOpener(options: StoreOptions): Opener<GcsSpec> {
  const shared = clients<Client>();
  const operator = operatorIdentity();
  return {
    open: (spec, context) => {
      const { by, universe, identity } = who(spec, context, options, operator);
      const origin = new URL(spec.endpoint ?? endpointOf(universe)).origin;
      const ca = spec.caSecretRef && secretValue(context.secrets, spec.caSecretRef.name, spec.caSecretRef.key);
      const { client, release } = shared.take(digest(by, origin, ca), () => ({ ...web(options, ca), identity: identity() }));
      const { location } = gcsPlace(spec);
      return gcsStore({ origin, bucket: spec.bucket, prefix: spec.prefix, location, identity: client.identity, web: client }, release);
    },
    close: shared.close,
  };
}

function who(spec: GcsSpec, { secrets, operatorIdentity }: OpenContext, options: StoreOptions, operator: Identity): Who {
  const { endpoint } = spec;
  const trusted = endpoint === undefined || isGoogleEndpoint(endpoint) || options.google?.trustedOrigin === endpoint;
  const { type } = spec.auth;
  if (type === 'None') return { by: type, universe: defaultUniverse, identity: () => anonymous };
  if (!trusted)
    fail(
      'InvalidSpec',
      `auth.type ${type} would send a token of Google to ${new URL(endpoint).host}; a foreign endpoint gets auth.type None`,
    );
  if (type === 'WorkloadIdentity') {
    if (!operatorIdentity) fail('NotAllowed', 'sources of this namespace may not use the identity of the operator');
    return { by: type, universe: defaultUniverse, identity: () => operator };
  }
  const ref = spec.auth.keySecretRef ?? fail('InvalidSpec', 'auth.type ServiceAccountKey needs keySecretRef');
  const text = secretValue(secrets, ref.name, ref.key);
  const key = serviceAccountKey(text, `key ${ref.key} of Secret ${ref.name}`);
  return { by: digest(text), universe: key.universe, identity: () => keyIdentity(key, options.google?.tokenFetch) };
}
