import type { Place } from '../provider.ts';
import { isAwsEndpoint } from '../s3/place.ts';
import type { XraySpec } from '../spec.ts';

export const SLICE_MS = 60_000;

/** Where an X-Ray source looks: a region of the account that its credentials belong to. A filter is part of it, as it decides what is there. */
export function xrayPlace({ region, service, filter, endpoint }: XraySpec): Place {
  const realm = endpoint === undefined || isAwsEndpoint(endpoint) ? 'amazonaws.com' : new URL(endpoint).origin;
  return {
    location: `xray://${region}/${service ?? ''}`,
    sliceMs: SLICE_MS,
    identity: { kind: 'xray', endpoint: `${realm}/${region}`, bucket: `${service ?? '*'}${filter === undefined ? '' : ` ${filter}`}` },
  };
}

/** Names of the Secrets that an X-Ray source refers to. */
export const xraySecretNames = ({ caSecretRef, auth }: XraySpec): readonly string[] =>
  [caSecretRef, auth.accessKeySecretRef, auth.externalIdSecretRef].flatMap((ref) => (ref ? [ref.name] : []));
