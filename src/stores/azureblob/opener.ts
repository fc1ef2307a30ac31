import { clients } from '../clients.ts';
import type { Opener, StoreOptions } from '../provider.ts';
import { digest, secretValue } from '../secrets.ts';
import type { AzureBlobSpec } from '../spec.ts';
import { type Web, web } from '../web.ts';
import { container } from './container.ts';
import { credential } from './credential.ts';
import { workloadIdentity } from './identity.ts';
import { azureBlobPlace } from './place.ts';
import { azureBlobStore } from './store.ts';

/** Opens containers of Azure Blob Storage. Sources of one credential and account share connections. */
export function azureBlobOpener(options: StoreOptions): Opener<AzureBlobSpec> {
  const shared = clients<Web>();
  const operator = workloadIdentity(undefined, options.ownLogin);
  return {
    open: (spec, context) => {
      const chosen = credential(spec, context);
      const ca = spec.caSecretRef && secretValue(context.secrets, spec.caSecretRef.name, spec.caSecretRef.key);
      const { it: client, release } = shared.take(digest(chosen.by, chosen.url, ca), () => web(options, ca));
      const place = {
        location: azureBlobPlace(spec).location,
        prefix: spec.prefix,
        origin: new URL(chosen.url).origin,
        idleMs: options.idleMs,
        container: container(spec.container, chosen, client, operator, context.onRequest),
        identity: async () =>
          chosen.as === 'WorkloadIdentity' ? operator.name() : chosen.as === 'AccountKey' ? chosen.account : undefined,
      };
      return azureBlobStore(place, release);
    },
    close: shared.close,
  };
}
