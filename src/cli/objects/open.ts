import type { StoreSpec } from '../../api/store.ts';
import { isKube } from '../../kube/errors.ts';
import type { Ref } from '../../kube/meta.ts';
import type { Secrets } from '../../stores/provider.ts';
import { openStores, secretNamesOf } from '../../stores/registry.ts';
import type { Store } from '../../stores/store.ts';
import type { Cluster } from '../cluster/session.ts';
import { remark } from '../cluster/session.ts';
import type { Io } from '../terminal/io.ts';
import { namesCredential, refusedLogin, withOwnLogin } from './login.ts';

/** With what a store is read. */
export type Credential = { readonly spec: StoreSpec; readonly secrets: Secrets; readonly isOwnLogin: boolean };

/** The source's Secrets, where it names any and the person may read them; else the person's own login. */
export async function credentialOf(cluster: Cluster, spec: StoreSpec, wantsOwn: boolean): Promise<Credential> {
  if (wantsOwn) return ownLogin(spec);
  const names = secretNamesOf(spec);
  const refused: string[] = [];
  const secrets: Record<string, Readonly<Record<string, string>>> = {};
  for (const name of names) {
    const values = await secretOf(cluster, name, refused);
    if (values) secrets[name] = values;
  }
  if (refused.length > 0) {
    await remark(cluster, `you may not read the Secret ${refused.join(', ')} of the source, so your own cloud login is tried`);
    return ownLogin(spec);
  }
  return namesCredential(spec) ? { spec, secrets, isOwnLogin: false } : ownLogin(spec, secrets);
}

/** The person's own login, at the place that the spec names. */
export const ownLogin = (spec: StoreSpec, secrets: Secrets = {}): Credential => ({ spec: withOwnLogin(spec), secrets, isOwnLogin: true });

async function secretOf(
  { kube, namespace }: Cluster,
  name: string,
  refused: string[],
): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    const { data = {} } = await kube.secrets.get({ namespace, name });
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
  } catch (thrown) {
    if (isKube(thrown, 'Forbidden')) refused.push(name);
    else if (!isKube(thrown, 'NotFound')) throw thrown;
    return undefined;
  }
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
