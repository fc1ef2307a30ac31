import { type Failure, failureOf } from '../api/failure.ts';
import type { SourceSpec } from '../api/ingestionsource.ts';
import { destinationSecretNames, isFailure, type OwnDestination, resolveDestination } from '../delivery/destination.ts';
import type { Secrets } from './port.ts';

/** Why nothing could be sent to the destination of a source, whoever tried: a Secret is missing, or what it holds is no header. */
export async function destinationTrouble(
  namespace: string,
  { destination }: Pick<SourceSpec, 'destination'>,
  own: OwnDestination,
  secrets: Secrets,
): Promise<Failure | undefined> {
  const names = destinationSecretNames(destination);
  try {
    const resolved = resolveDestination(destination, own, await secrets.read(namespace, names));
    if (!isFailure(resolved)) return undefined;
    secrets.drop(namespace, names);
    return resolved;
  } catch (thrown) {
    return failureOf(thrown);
  }
}
