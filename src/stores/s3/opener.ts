import { clients } from '../clients.ts';
import type { Opener, StoreOptions } from '../provider.ts';
import type { S3Spec } from '../spec.ts';
import { s3Access } from './access.ts';
import { type S3Connection, s3Connection } from './connection.ts';
import { type CredentialProvider, operatorCredentials } from './credentials.ts';
import { s3Store } from './store.ts';

/** Where a bucket is looked for first when its source does not say: AWS answers there for every bucket, with the right region. */
const FIRST_REGION = 'us-east-1';

/** Opens S3 sources. Those that agree in identity, region and endpoint share a client. */
export function s3Opener(options: StoreOptions): Opener<S3Spec> {
  const shared = clients<S3Connection>();
  /** Regions that buckets were found in, so that only the first request of all has to be corrected. */
  const regions = new Map<string, string>();
  let operator: CredentialProvider | undefined;

  const open: Opener<S3Spec>['open'] = (spec, context) => {
    const access = s3Access(spec, context);
    const bucketKey = `${access.key} ${spec.bucket} ${spec.region ?? ''}`;
    const take = (region: string) =>
      shared.take(`${access.key} ${region}`, () => {
        operator ??= operatorCredentials(options);
        return s3Connection(access, region, operator, options);
      });
    let held = take(regions.get(bucketKey) ?? spec.region ?? FIRST_REGION);

    const moveTo = (region: string) => {
      held.release();
      regions.set(bucketKey, region);
      held = take(region);
    };
    const session = { bucket: spec.bucket, connection: () => held.it, moveTo, onRequest: context.onRequest };
    return s3Store(spec, session, options.idleMs, () => held.release());
  };

  return { open, close: shared.close };
}
