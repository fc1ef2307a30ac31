import { isGoogleEndpoint } from '../../api/gcs.ts';
import type { Place } from '../provider.ts';
import type { GcsSpec } from '../spec.ts';
import { universeOf } from './hosts.ts';

/** Where a GCS source looks. Bucket names are unique in Google's cloud, so its regional and private endpoints count as one. */
export function gcsPlace({ bucket, prefix, endpoint }: GcsSpec): Place {
  return { location: `gs://${bucket}/${prefix}`, identity: { kind: 'gcs', endpoint: realm(endpoint), bucket } };
}

/** Names of the Secrets that a GCS source refers to. */
export const gcsSecretNames = ({ caSecretRef, auth }: GcsSpec): readonly string[] =>
  [caSecretRef, auth.keySecretRef].flatMap((ref) => (ref ? [ref.name] : []));

function realm(endpoint: string | undefined): string {
  if (endpoint === undefined || isGoogleEndpoint(endpoint)) return universeOf(endpoint);
  const { origin, pathname } = new URL(endpoint);
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}
