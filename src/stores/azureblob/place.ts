import { fail } from '../../api/failure.ts';
import type { Place } from '../provider.ts';
import type { AzureBlobSpec } from '../spec.ts';

/** Where an Azure Blob source looks. An account is the same whether it is named or written as its endpoint. */
export function azureBlobPlace(spec: AzureBlobSpec): Place {
  const { container, prefix } = spec;
  const endpoint = serviceUrl(spec).replace(/^https:\/\//, '');
  return {
    location: `azblob://${spec.account ?? endpoint.replace(/^http:\/\//, '')}/${container}/${prefix}`,
    identity: { kind: 'azureBlob', endpoint, bucket: container },
  };
}

/** Names of the Secrets that an Azure Blob source refers to. */
export const azureBlobSecretNames = ({ caSecretRef, auth }: AzureBlobSpec): readonly string[] =>
  [caSecretRef, auth.secretRef].flatMap((ref) => (ref ? [ref.name] : []));

/** URL of the blob service, without a slash at its end. */
export function serviceUrl({ account, endpoint }: AzureBlobSpec): string {
  if (endpoint !== undefined) return plain(endpoint);
  if (account === undefined) fail('InvalidSpec', 'spec.store.azureBlob needs account or endpoint');
  if (!/^[a-z0-9]{3,24}$/.test(account)) fail('InvalidSpec', `${account} is not the name of a storage account`);
  return `https://${account}.blob.core.windows.net`;
}

/** Scheme, host and path of a URL, so that two ways to write it compare as equal. */
export function plain(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}

/** The account that a service URL belongs to: its first path segment where the host is an address or a lone name, else the first label. */
export function accountOf(url: string): string {
  const { hostname, pathname } = new URL(url);
  const segment = pathname.split('/')[1];
  return segment || (hostname.split('.')[0] ?? '');
}
