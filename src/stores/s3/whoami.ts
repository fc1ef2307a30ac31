import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { StoreOptions } from '../provider.ts';
import { stsEndpointOf } from './access.ts';
import type { Credentials } from './credentials.ts';
import type { RequestHandler } from './transport.ts';

/** Asks STS whose credentials these are. */
export async function callerArn(
  credentials: () => Promise<Credentials>,
  region: string,
  options: StoreOptions,
  requestHandler: RequestHandler,
  signal: AbortSignal,
): Promise<string | undefined> {
  const sts = new STSClient({
    region,
    credentials,
    ignoreConfiguredEndpointUrls: true,
    requestHandler,
    maxAttempts: 2,
    ...stsEndpointOf(options),
  });
  const { Arn } = await sts.send(new GetCallerIdentityCommand({}), { abortSignal: signal });
  return Arn;
}
