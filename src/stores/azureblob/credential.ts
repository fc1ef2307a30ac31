import { isAzureEndpoint } from '../../api/azureblob.ts';
import { fail } from '../../api/failure.ts';
import type { OpenContext } from '../provider.ts';
import { digest, secretValue } from '../secrets.ts';
import type { AzureBlobSpec } from '../spec.ts';
import { connection } from './connection-string.ts';
import { accountOf, serviceUrl } from './place.ts';

/** What a source reads with. `by` tells it apart from others without holding a secret. */
export type Credential = { readonly by: string; readonly url: string } & (
  | { readonly as: 'WorkloadIdentity' }
  | { readonly as: 'AccountKey'; readonly account: string; readonly key: string }
  | { readonly as: 'SAS'; readonly sas: string }
);

/** Decides what a source reads with. Secrets are looked at, nobody is called. */
export function credential(spec: AzureBlobSpec, { secrets, operatorIdentity }: OpenContext): Credential {
  const url = serviceUrl(spec);
  const { type } = spec.auth;
  if (type === 'WorkloadIdentity') {
    if (!isAzureEndpoint(url)) fail('InvalidSpec', `auth.type WorkloadIdentity would send a token of Azure to ${new URL(url).host}`);
    if (!operatorIdentity) fail('NotAllowed', 'sources of this namespace may not use the identity of the operator');
    return { as: type, by: type, url };
  }
  const ref = spec.auth.secretRef ?? fail('InvalidSpec', `auth.type ${type} needs secretRef`);
  const text = secretValue(secrets, ref.name, ref.key);
  const where = `key ${ref.key} of Secret ${ref.name}`;
  const by = digest(type, text);
  switch (type) {
    case 'AccountKey':
      return { as: type, by, url, account: spec.account ?? accountOf(url), key: accountKey(text, where) };
    case 'SAS':
      return { as: type, by, url, sas: signature(text, where) };
    case 'ConnectionString':
      return fromConnection(text, where, by, url);
  }
}

/** The place of a source is part of its files' identity, so a connection string may not lead elsewhere. */
function fromConnection(text: string, where: string, by: string, url: string): Credential {
  const given = connection(text, where);
  if (given.serviceUrl !== url) fail('InvalidCredential', `${where} leads to ${given.serviceUrl}, while the source names ${url}`);
  if (given.sas !== undefined) return { as: 'SAS', by, url, sas: signature(given.sas, where) };
  return { as: 'AccountKey', by, url, account: given.account ?? accountOf(url), key: accountKey(given.key ?? '', where) };
}

function accountKey(text: string, where: string): string {
  if (!/^[A-Za-z0-9+/]{20,}={0,2}$/.test(text)) fail('InvalidCredential', `${where} is not the key of a storage account (base64)`);
  return text;
}

function signature(text: string, where: string): string {
  const sas = text.replace(/^\?/, '');
  if (!/(^|&)sig=/.test(sas)) fail('InvalidCredential', `${where} is not a shared access signature: it has no sig=`);
  return sas;
}
