import type { TokenCredential } from '@azure/identity';
import type { Failure } from '../../api/failure.ts';
import { networkFailure } from '../network-failure.ts';

/** The operator's identity at Azure and, once it has a token, its name. */
export type WorkloadIdentity = TokenCredential & { readonly name: () => Promise<string | undefined> };

const STORAGE = 'https://storage.azure.com/.default';

/**
 * Workload Identity through the token that Kubernetes projects for the operator. Nothing else is tried: no chain, no command line tools. A person
 * is known by whatever they have logged in with.
 */
export function workloadIdentity(scope = STORAGE, ownLogin = false): WorkloadIdentity {
  let made: Promise<TokenCredential> | undefined;
  const credential = () => {
    made ??= load(ownLogin).catch((thrown) => {
      made = undefined;
      throw thrown;
    });
    return made;
  };
  const getToken: TokenCredential['getToken'] = async (scopes, options) => (await credential()).getToken(scopes, options);
  return { getToken, name: async () => applicationOf((await getToken(scope))?.token) };
}

async function load(ownLogin: boolean): Promise<TokenCredential> {
  const { DefaultAzureCredential, WorkloadIdentityCredential } = await import('@azure/identity');
  return ownLogin ? new DefaultAzureCredential() : new WorkloadIdentityCredential();
}

/** The application that a token was given to. Read for people only, so its signature does not matter. */
export function applicationOf(token: string | undefined): string | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString());
    if (typeof claims !== 'object' || claims === null) return undefined;
    const id = 'appid' in claims ? claims.appid : 'azp' in claims ? claims.azp : undefined;
    return typeof id === 'string' ? `application ${id}` : undefined;
  } catch {
    return undefined;
  }
}

/** Why there is no token; nothing where the error is not about one. */
export function tokenFailure(thrown: unknown): Failure | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if (thrown.name === 'CredentialUnavailableError' || thrown.name === 'AggregateAuthenticationError') {
    const message =
      'the ServiceAccount of the operator has no Azure identity: AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE are needed';
    return { reason: 'MissingCredential', message };
  }
  if (thrown.name !== 'AuthenticationError' && thrown.name !== 'AuthenticationRequiredError') return undefined;
  const said = /AADSTS\d+[^\r\n]*/.exec(thrown.message)?.[0].slice(0, 300);
  if (said) return { reason: 'InvalidIdentityToken', message: `Microsoft Entra gives no token (${said})` };
  return (
    networkFailure(thrown, 'Microsoft Entra') ?? { reason: 'StoreUnavailable', message: 'Microsoft Entra gives no token', cause: thrown }
  );
}
