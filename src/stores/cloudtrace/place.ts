import { isGoogleEndpoint } from '../../api/gcs.ts';
import { universeOf } from '../gcs/hosts.ts';
import type { Place } from '../provider.ts';
import type { CloudTraceSpec } from '../spec.ts';

export const SLICE_MS = 60_000;

/** Where a Cloud Trace source looks. Ids of projects are unique in Google's cloud, so its endpoints count as one. */
export function cloudTracePlace({ project, service, endpoint }: CloudTraceSpec): Place {
  const realm = endpoint === undefined || isGoogleEndpoint(endpoint) ? universeOf(endpoint) : new URL(endpoint).origin;
  return {
    location: `cloudtrace://${project}/${service ?? ''}`,
    sliceMs: SLICE_MS,
    identity: { kind: 'cloudTrace', endpoint: `${realm}/${project}`, bucket: service ?? '*' },
  };
}

/** Names of the Secrets that a Cloud Trace source refers to. */
export const cloudTraceSecretNames = ({ caSecretRef, auth }: CloudTraceSpec): readonly string[] =>
  [caSecretRef, auth.keySecretRef].flatMap((ref) => (ref ? [ref.name] : []));
