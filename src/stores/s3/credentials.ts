import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { Failed, fail, isFailed } from '../../api/failure.ts';
import { networkFailure } from '../network-failure.ts';
import type { StoreOptions } from '../provider.ts';
import { wordsOf } from '../words.ts';
import { type AssumedRole, type S3Access, stsEndpointOf } from './access.ts';
import { type Asked, refusalFailure } from './refusal.ts';
import { sdkRefusal } from './sdk-error.ts';
import { type RequestHandler, stsHandler } from './transport.ts';

/** What signs a request. */
export type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
};

/** Gives credentials, fresh ones where asked. */
export type CredentialProvider = (how?: { readonly forceRefresh?: boolean }) => Promise<Credentials>;

/**
 * The identity of the operator: IRSA, Pod Identity, the node's role, or what else the SDK finds, in the SDK's order. It is the
 * operator's own affair, so it neither passes the egress guard nor shares the transport of a source.
 */
export function operatorCredentials(options: StoreOptions): CredentialProvider {
  const chain = fromNodeProviderChain({ clientConfig: { ...stsEndpointOf(options), requestHandler: stsHandler(options) } });
  const asked: Asked = { action: 'sts:AssumeRoleWithWebIdentity', on: 'the role of the ServiceAccount of the operator' };
  return () => chain().catch((thrown: unknown) => failCredentials(thrown, asked));
}

/** The credentials of one source: its own keys or, where it names no Secret, the operator's; then its role, if it names one. */
export function credentialsFor(
  access: S3Access,
  operator: CredentialProvider,
  region: string,
  options: StoreOptions,
  requestHandler: RequestHandler,
): CredentialProvider {
  const { base, role } = access;
  const own: CredentialProvider = base.from === 'keys' ? async () => base : operator;
  return role ? assumed(role, own, region, options, requestHandler) : own;
}

function assumed(
  role: AssumedRole,
  masterCredentials: CredentialProvider,
  region: string,
  options: StoreOptions,
  requestHandler: RequestHandler,
): CredentialProvider {
  const provider = fromTemporaryCredentials({
    masterCredentials,
    params: {
      RoleArn: role.arn,
      RoleSessionName: role.sessionName,
      Tags: Object.entries(role.tags).map(([Key, Value]) => ({ Key, Value })),
      ...(role.externalId !== undefined && { ExternalId: role.externalId }),
    },
    // A source's role is assumed at AWS's own hosts: endpoints in the environment or a profile do not apply here.
    clientConfig: { region, ignoreConfiguredEndpointUrls: true, ...stsEndpointOf(options), requestHandler },
  });
  return () => provider().catch((thrown: unknown) => failCredentials(thrown, { action: 'sts:AssumeRole', on: role.arn }));
}

function failCredentials(thrown: unknown, asked: Asked): never {
  if (isFailed(thrown)) throw thrown;
  const refusal = sdkRefusal(thrown);
  if (refusal) throw new Failed(refusalFailure(refusal, asked));
  const failure = networkFailure(thrown, 'STS');
  if (failure) throw new Failed(failure);
  const words = wordsOf(thrown instanceof Error ? thrown.message : String(thrown));
  return fail('MissingCredential', `the operator has no AWS identity: ${words}`);
}
