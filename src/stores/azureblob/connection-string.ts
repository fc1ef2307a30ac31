import { fail } from '../../api/failure.ts';
import { plain } from './place.ts';

/** What a connection string of a storage account says about its blob service. */
export type Connection = {
  readonly serviceUrl: string;
  readonly account?: string;
  readonly key?: string;
  readonly sas?: string;
};

const ACCEPTED =
  'a connection string with AccountName and AccountKey, or with BlobEndpoint and SharedAccessSignature (DefaultEndpointsProtocol and EndpointSuffix are understood)';

/** Reads a connection string. A development connection (`UseDevelopmentStorage=true`) is not one that an operator could use. */
export function connection(text: string, where: string): Connection {
  const refuse = (): never => fail('InvalidCredential', `${where} is not ${ACCEPTED}`);
  const parts = pairs(text) ?? refuse();
  const [account, key, sas] = [parts.get('accountname'), parts.get('accountkey'), parts.get('sharedaccesssignature')];
  const serviceUrl = endpointOf(parts, account) ?? refuse();
  if (sas !== undefined) return { serviceUrl, ...(account && { account }), sas };
  if (account === undefined || key === undefined) return refuse();
  return { serviceUrl, account, key };
}

function endpointOf(parts: ReadonlyMap<string, string>, account: string | undefined): string | undefined {
  const given = parts.get('blobendpoint');
  if (given !== undefined) return /^https?:\/\//.test(given) && URL.canParse(given) ? plain(given) : undefined;
  const suffix = parts.get('endpointsuffix') ?? 'core.windows.net';
  const protocol = parts.get('defaultendpointsprotocol') ?? 'https';
  if (account === undefined || !/^[a-z0-9]{3,24}$/.test(account) || !/^[a-z0-9.-]+$/i.test(suffix) || !/^https?$/.test(protocol))
    return undefined;
  return `${protocol}://${account}.blob.${suffix.toLowerCase()}`;
}

/** `Name=Value;…`. A value may hold `=` (base64 padding, a SAS), and names are the same in any case. */
function pairs(text: string): ReadonlyMap<string, string> | undefined {
  const all = new Map<string, string>();
  for (const part of text.split(';')) {
    if (part.trim() === '') continue;
    const at = part.indexOf('=');
    if (at < 1) return undefined;
    all.set(part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim());
  }
  return all;
}
