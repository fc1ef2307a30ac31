import { S3Client } from '@aws-sdk/client-s3';
import type { StoreOptions } from '../provider.ts';
import type { S3Access } from './access.ts';
import { type CredentialProvider, credentialsFor } from './credentials.ts';
import { type BucketUrl, type Get, type GetContext, getObject, type List, listObjects } from './get.ts';
import { getSigner } from './sign.ts';
import { stsHandler, transport } from './transport.ts';
import { callerArn } from './whoami.ts';

/** A client of one identity, region and endpoint, which the sources that agree in them share. */
export type S3Connection = {
  readonly region: string;
  /** For credentials, endpoints and HeadBucket. */
  readonly sdk: S3Client;
  readonly get: (bucket: string, get: Get, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;
  readonly list: (bucket: string, list: List, signal: AbortSignal) => Promise<string>;
  /** Asks for credentials anew, where they are of a kind that can be renewed. */
  readonly refreshCredentials: () => Promise<void>;
  /** Sets the clock that GETs are signed with by an answer of the server. */
  readonly correctClock: (serverTime: number) => void;
  /** Who we are, where an STS can tell. */
  readonly identity: (signal: AbortSignal) => Promise<string | undefined>;
  readonly close: () => void;
};

export function s3Connection(access: S3Access, region: string, operator: CredentialProvider, options: StoreOptions): S3Connection {
  const { endpoint, pathStyle, ca } = access;
  const sockets = transport(options, ca);
  const sts = stsHandler(options);
  const sdk = new S3Client({
    region,
    credentials: credentialsFor(access, operator, region, options, sts),
    requestHandler: sockets.handler,
    forcePathStyle: pathStyle,
    // Endpoints in the environment or a profile of the operator must not redirect a source.
    ignoreConfiguredEndpointUrls: true,
    ...(endpoint && {
      endpoint,
      requestChecksumCalculation: 'WHEN_REQUIRED' as const,
      responseChecksumValidation: 'WHEN_REQUIRED' as const,
    }),
    maxAttempts: 3,
  });
  const sign = getSigner(region);
  const urls = new Map<string, Promise<BucketUrl>>();
  let whoami: Promise<string | undefined> | undefined;

  const urlOf = (bucket: string): Promise<BucketUrl> => {
    const known = urls.get(bucket) ?? bucketUrl(sdk, bucket, region, endpoint, pathStyle);
    urls.set(bucket, known);
    return known;
  };

  const context = async (bucket: string): Promise<GetContext> => {
    const [url, credentials] = await Promise.all([urlOf(bucket), sdk.config.credentials()]);
    return { dispatcher: sockets.dispatcher, url, sign, credentials, now: Date.now() + sdk.config.systemClockOffset };
  };

  const identity: S3Connection['identity'] = (signal) => {
    if (endpoint !== undefined && options.stsEndpoint === undefined) return Promise.resolve(undefined);
    whoami ??= callerArn(() => sdk.config.credentials(), region, options, sts, signal).catch(() => {
      // Who we are is a courtesy of the probe; next time it may work.
      whoami = undefined;
      return undefined;
    });
    return whoami;
  };

  return {
    region,
    sdk,
    get: async (bucket, get, signal) => getObject(get, await context(bucket), signal),
    list: async (bucket, list, signal) => listObjects(list, await context(bucket), signal),
    identity,
    refreshCredentials: async () => void (await sdk.config.credentials({ forceRefresh: true })),
    correctClock: (serverTime) => {
      sdk.config.systemClockOffset = serverTime - Date.now();
    },
    close: () => {
      sdk.destroy();
      sockets.close();
      sts.destroy();
    },
  };
}

/** Where the SDK would send a GetObject: virtual host or path, partition, FIPS and dual stack are its business. */
async function bucketUrl(
  sdk: S3Client,
  bucket: string,
  region: string,
  endpoint: string | undefined,
  pathStyle: boolean,
): Promise<BucketUrl> {
  const { url } = sdk.config.endpointProvider({
    Bucket: bucket,
    Region: region,
    ForcePathStyle: pathStyle,
    UseFIPS: await sdk.config.useFipsEndpoint(),
    UseDualStack: await sdk.config.useDualstackEndpoint(),
    DisableS3ExpressSessionAuth: true,
    ...(endpoint && { Endpoint: endpoint }),
  });
  return { origin: url.origin, host: url.host, path: url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/` };
}
