import { clients } from '../clients.ts';
import type { Opener, StoreOptions } from '../provider.ts';
import { digest, secretValue } from '../secrets.ts';
import type { GcsSpec } from '../spec.ts';
import { type Web, web } from '../web.ts';
import { defaultUniverse, endpointOf } from './hosts.ts';
import { apis, type Identity, operatorIdentity } from './identity.ts';
import { gcsPlace } from './place.ts';
import { gcsStore } from './store.ts';
import { who } from './who.ts';

type Client = Web & { readonly identity: Identity };

/** Opens GCS buckets. Sources of one identity and endpoint share connections and tokens. */
export function gcsOpener(options: StoreOptions): Opener<GcsSpec> {
  const shared = clients<Client>();
  const operator = operatorIdentity(apis.storage, options.ownLogin);
  return {
    open: (spec, context) => {
      const { by, identity } = who(spec, context, options, operator, apis.storage);
      const { origin, pathname } = new URL(spec.endpoint ?? endpointOf(defaultUniverse));
      const ca = spec.caSecretRef && secretValue(context.secrets, spec.caSecretRef.name, spec.caSecretRef.key);
      const { it: client, release } = shared.take(digest(by, origin, ca), () => ({ ...web(options, ca), identity: identity() }));
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
