import type { StoreSpec } from '../../api/store.ts';
import { isKube } from '../../kube/errors.ts';
import type { Ref } from '../../kube/meta.ts';
import type { Secrets } from '../../stores/provider.ts';
import { openStores, secretNamesOf } from '../../stores/registry.ts';
import type { Store } from '../../stores/store.ts';
import type { Cluster } from '../cluster/session.ts';
import { remark } from '../cluster/session.ts';
import type { Io } from '../terminal/io.ts';
import { namesCredential, refusedLogin, withOwnLogin, withoutAuthority } from './login.ts';

/** With what a store is read. */
export type Credential = { readonly spec: StoreSpec; readonly secrets: Secrets; readonly isOwnLogin: boolean };

/** The source's Secrets, where it names any and the person may read them; else the person's own login. `atHand` are Secrets of the person. */
export async function credentialOf(cluster: Cluster, spec: StoreSpec, wantsOwn: boolean, atHand: Secrets = {}): Promise<Credential> {
  if (wantsOwn || !namesCredential(spec)) return ownLogin(cluster, spec, atHand);
  const { secrets, refused } = await secretsOf(cluster, spec, atHand);
  if (refused.length === 0) return { spec, secrets, isOwnLogin: false };
  const own = await ownLogin(cluster, spec, atHand);
  await remark(cluster, `you may not read the Secret ${refused.join(', ')} of the source, so your own cloud login is tried`);
  return own;
}

/** The person's own login, at the place that the spec names. Of Secrets it needs at most the one with the authority of the store. */
async function ownLogin(cluster: Cluster, spec: StoreSpec, atHand: Secrets): Promise<Credential> {
  const own = withOwnLogin(spec);
  const { secrets, refused } = await secretsOf(cluster, own, atHand);
  if (refused.length === 0) return { spec: own, secrets, isOwnLogin: true };
  const instead = 'so the store must have a certificate that this machine trusts (NODE_EXTRA_CA_CERTS adds an authority)';
  await remark(cluster, `you may not read the Secret ${refused.join(', ')} of the source, ${instead}`);
  return { spec: withoutAuthority(own), secrets, isOwnLogin: true };
}

/** The Secrets that a store names, and those of them that the person may not read. One that is not there is left to the store to tell of. */
async function secretsOf({ kube, namespace }: Cluster, spec: StoreSpec, atHand: Secrets) {
  const secrets: Record<string, Readonly<Record<string, string>>> = { ...atHand };
  const refused: string[] = [];
  for (const name of secretNamesOf(spec).filter((each) => !atHand[each])) {
    try {
      const { data = {} } = await kube.secrets.get({ namespace, name });
      secrets[name] = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
    } catch (thrown) {
      if (isKube(thrown, 'Forbidden')) refused.push(name);
      else if (!isKube(thrown, 'NotFound')) throw thrown;
    }
  }
  return { secrets, refused };
}

/** Opens a store for as long as `use` runs. The person's own machine may be reached. */
export async function withStore<T>(
  { spec, secrets, isOwnLogin }: Credential,
  source: Ref,
  { env }: Io,
  use: (store: Store) => Promise<T>,
): Promise<T> {
  const stores = openStores({
    allowLoopback: true,
    ownLogin: true,
    proxy: {
      HTTP_PROXY: env.http_proxy ?? env.HTTP_PROXY,
      HTTPS_PROXY: env.https_proxy ?? env.HTTPS_PROXY,
      NO_PROXY: env.no_proxy ?? env.NO_PROXY,
    },
  });
  let store: Store | undefined;
  try {
    store = await stores.open(spec, { source, secrets, operatorIdentity: true });
    return await use(store);
  } catch (thrown) {
    if (isOwnLogin) refusedLogin(spec, thrown);
    throw thrown;
  } finally {
    store?.close();
    stores.close();
  }
}
