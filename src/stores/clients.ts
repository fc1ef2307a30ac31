import { type Shared, shared } from '../std/shared.ts';

/** Long enough that the next scan of the same source finds its sockets open. */
const KEEP_UNUSED_MS = 120_000;

/** Clients that sources share: one per key (identity, digest of the Secret, region, endpoint), closed when nobody has used it for a while. */
export const clients = <Client extends { readonly close: () => void }>(): Shared<Client> =>
  shared<Client>((client) => client.close(), KEEP_UNUSED_MS);
