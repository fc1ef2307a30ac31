import { fail } from '../../api/failure.ts';
import type { OpenContext, StoreOptions } from '../provider.ts';
import { digest, optionalSecretValue, secretValue } from '../secrets.ts';
import type { S3Spec } from '../spec.ts';
import { isAwsEndpoint } from './place.ts';

/** Whose credentials come first. A source that names a Secret never gets the operator's. */
type Base =
  | { readonly from: 'keys'; readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
  | { readonly from: 'operator' };

/** A role to assume with them, and how the session is labelled so that the account can tell sources apart. */
export type AssumedRole = {
  readonly arn: string;
  readonly externalId?: string | undefined;
  readonly sessionName: string;
  readonly tags: Readonly<Record<string, string>>;
};

/** All that makes one S3 client differ from another, except the region, which may have to be corrected. */
export type S3Access = {
  readonly base: Base;
  readonly role?: AssumedRole | undefined;
  /** Only where it is not one of AWS. */
  readonly endpoint?: string | undefined;
  readonly pathStyle: boolean;
  readonly ca?: string | undefined;
  /** Equal for two sources that may share a client. */
  readonly key: string;
};

/** What a source says of it. */
type AccessSpec = Pick<S3Spec, 'auth'> & {
  readonly endpoint?: string | undefined;
  readonly caSecretRef?: S3Spec['caSecretRef'] | undefined;
  readonly region?: string | undefined;
  readonly forcePathStyle?: boolean;
};

/** Reads credentials and place of a source out of its spec and Secrets; throws a `Failed` where they cannot work. */
export function s3Access(spec: AccessSpec, { source, secrets, operatorIdentity }: OpenContext): S3Access {
  const { auth, endpoint, caSecretRef, forcePathStyle = false } = spec;
  if (spec.region !== undefined && !/^[a-z0-9-]{1,64}$/.test(spec.region))
    fail('InvalidSpec', 'spec.store.s3.region is not the name of a region');
  const base = baseOf(spec, secrets);
  if (base.from === 'operator' && !operatorIdentity && auth?.roleArn === undefined) {
    fail('NotAllowed', `sources in namespace ${source.namespace} may not use the identity of the operator`);
  }
  const role = roleOf(spec, source, secrets);
  const ca = caSecretRef && secretValue(secrets, caSecretRef.name, caSecretRef.key);
  const foreign = endpoint === undefined || isAwsEndpoint(endpoint) ? undefined : endpoint.replace(/\/+$/, '');
  return {
    base,
    role,
    endpoint: foreign,
    pathStyle: forcePathStyle,
    ca,
    key: digest(JSON.stringify([base, role, foreign, forcePathStyle, ca])),
  };
}

function baseOf({ auth }: AccessSpec, secrets: OpenContext['secrets']): Base {
  const ref = auth?.accessKeySecretRef;
  if (!ref)
    return auth?.type === 'AccessKey' ? fail('InvalidSpec', 'auth.type AccessKey needs auth.accessKeySecretRef') : { from: 'operator' };
  const sessionToken = optionalSecretValue(secrets, ref.name, 'sessionToken');
  return {
    from: 'keys',
    accessKeyId: secretValue(secrets, ref.name, 'accessKeyId'),
    secretAccessKey: secretValue(secrets, ref.name, 'secretAccessKey'),
    ...(sessionToken !== undefined && { sessionToken }),
  };
}

function roleOf(
  { auth }: AccessSpec,
  { namespace, name }: OpenContext['source'],
  secrets: OpenContext['secrets'],
): AssumedRole | undefined {
  if (auth?.roleArn === undefined) return undefined;
  const ref = auth.externalIdSecretRef;
  return {
    arn: auth.roleArn,
    externalId: ref && secretValue(secrets, ref.name, ref.key),
    sessionName: sessionName(namespace, name),
    tags: { 'spanferry.io/namespace': namespace, 'spanferry.io/source': name },
  };
}

/** At most 64 characters; a long name keeps its beginning and a digest of all of it. */
function sessionName(namespace: string, name: string): string {
  const full = `spanferry-${namespace}-${name}`;
  return full.length <= 64 ? full : `${full.slice(0, 52)}-${digest(full).replace(/[^\w]/g, '.').slice(0, 11)}`;
}

/** Where STS answers: AWS's own hosts unless the operator as a whole was told otherwise. A source has no say in it. */
export const stsEndpointOf = (options: StoreOptions): { readonly endpoint?: string } =>
  options.stsEndpoint === undefined ? {} : { endpoint: options.stsEndpoint };
