import type { AuthClient } from 'google-auth-library';
import { Failed, type Failure, fail } from '../../api/failure.ts';
import { numberIn, recordIn, textIn } from '../fields.ts';
import { networkFailure } from '../network-failure.ts';
import { wordsOf } from '../words.ts';
import { defaultUniverse } from './hosts.ts';
import type { ServiceAccountKey } from './key.ts';

/** Who reads: how requests are authorized, and the name for people. */
export type Identity = {
  /** Headers of a request; `renew` asks for a new token although the old one seems good. */
  readonly authorize: (origin: string, renew?: boolean) => Promise<Readonly<Record<string, string>>>;
  /** Email of the service account, where it can be told. */
  readonly name: () => Promise<string | undefined>;
};

/** How tokens are fetched: only tests bring their own. */
export type TokenFetch = typeof fetch;

/** Enough to list and to get, and nothing else. */
export const apis = {
  storage: { host: 'storage', scope: 'https://www.googleapis.com/auth/devstorage.read_only' },
  trace: { host: 'cloudtrace', scope: 'https://www.googleapis.com/auth/trace.readonly' },
} as const;

export type GoogleApi = (typeof apis)[keyof typeof apis];
const TOKEN_MS = 8_000;

/** Reads without a name, where a bucket is public or an endpoint asks for none. */
export const anonymous: Identity = { authorize: async () => ({}), name: async () => undefined };

/** The identity of a service account key. Its token comes from oauth2.googleapis.com, whatever the key says. */
export function keyIdentity(key: ServiceAccountKey, { scope }: GoogleApi, tokenFetch?: TokenFetch): Identity {
  const client = once(async () => {
    const { JWT } = await import('google-auth-library');
    return new JWT({
      email: key.clientEmail,
      key: key.privateKey,
      scopes: [scope],
      ...(key.keyId && { keyId: key.keyId }),
      ...(key.universe !== defaultUniverse && { universeDomain: key.universe }),
      transporterOptions: { timeout: TOKEN_MS, ...(tokenFetch && { fetchImplementation: tokenFetch }) },
    });
  });
  return { authorize: async (origin, renew) => headersOf(await client(), origin, renew), name: async () => key.clientEmail };
}

/** The operator's own identity, for one of the clouds that run Google's software. */
export type Operator = (universe: string) => Identity;

/**
 * The operator's own identity: Workload Identity of GKE through the metadata server, or what its environment configures. For a person (`ownLogin`) what
 * gcloud has left on their machine, where no metadata server is asked who they are.
 */
export function operatorIdentity({ scope }: GoogleApi, ownLogin = false): Operator {
  const auth = once(async () => {
    const { GoogleAuth } = await import('google-auth-library');
    // Nobody here needs a project: to find one, the library starts gcloud and waits for a metadata server.
    return new GoogleAuth({
      scopes: [scope],
      ...(ownLogin && { projectId: 'none' }),
      clientOptions: { transporterOptions: { timeout: TOKEN_MS } },
    });
  });
  const client = once(async () => (await auth()).getClient());
  const credentials = once(async () => (await auth()).getCredentials());
  const name = async (): Promise<string | undefined> =>
    ownLogin ? textIn((await auth()).jsonContent, 'client_email') : (await credentials().catch(() => undefined))?.client_email;
  return (universe) => ({
    authorize: async (origin, renew) => {
      const own = await guarded(async () => (await auth()).getUniverseDomain());
      if (own !== universe) fail('InvalidSpec', `the identity of the operator is of ${own}: its token does not go to ${universe}`);
      return headersOf(await guarded(client), origin, renew);
    },
    name,
  });
}

async function headersOf(client: AuthClient, origin: string, renew = false): Promise<Readonly<Record<string, string>>> {
  if (renew) client.credentials = { ...client.credentials, expiry_date: 1 };
  return Object.fromEntries(await guarded(() => client.getRequestHeaders(origin)));
}

/** Makes something at its first use; what failed is made again at the next. */
function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | undefined;
  return () => {
    made ??= make().catch((thrown) => {
      made = undefined;
      throw thrown;
    });
    return made;
  };
}

async function guarded<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    throw new Failed(tokenFailure(thrown));
  }
}

/** Why there is no token. The words of the token service are kept, its body is not. */
export function tokenFailure(thrown: unknown): Failure {
  const { status, error, description } = answerOf(thrown);
  const said = wordsOf([error, description].filter(Boolean).join(': '));
  if (error === 'invalid_grant' || error === 'invalid_client')
    return { reason: 'InvalidToken', message: `Google refuses the service account key (${said})` };
  if (status === 403) {
    const message = `the metadata server gives no token: iam.serviceAccounts.getAccessToken (role Workload Identity User) is missing${said && ` (${said})`}`;
    return { reason: 'InvalidIdentityToken', message };
  }
  if (status === 429) return { reason: 'Throttled', message: 'the token service of Google asks for fewer requests' };
  if (status !== undefined && status >= 500)
    return { reason: 'StoreUnavailable', message: `the token service of Google answered ${status}` };
  if (status === 404 || /could not load the default credentials|Unable to detect/i.test(words(thrown)))
    return { reason: 'MissingCredential', message: 'the ServiceAccount of the operator has no Google identity' };
  if (status !== undefined)
    return { reason: 'InvalidToken', message: `the token service of Google answered ${status}${said && ` (${said})`}` };
  if (/DECODER|PEM|asn1|private key/i.test(words(thrown)))
    return { reason: 'InvalidCredential', message: 'private_key of the service account key cannot be read' };
  return (
    networkFailure(thrown, 'the token service of Google') ?? { reason: 'StoreUnavailable', message: 'Google gave no token', cause: thrown }
  );
}

const words = (thrown: unknown): string =>
  thrown instanceof Error ? `${thrown.message} ${'code' in thrown ? String(thrown.code) : ''}` : '';

/** What a GaxiosError knows of the answer. */
function answerOf(thrown: unknown) {
  const response = recordIn(thrown, 'response');
  const data = recordIn(response, 'data');
  return { status: numberIn(response, 'status'), error: textIn(data, 'error'), description: textIn(data, 'error_description') };
}
