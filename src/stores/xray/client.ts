import { XRayClient } from '@aws-sdk/client-xray';
import { Failed, type Failure, failureOf, isFailed } from '../../api/failure.ts';
import { type Clock, systemClock } from '../../std/clock.ts';
import { networkFailure } from '../network-failure.ts';
import type { OnRequest, StoreOptions } from '../provider.ts';
import { retried } from '../retry.ts';
import type { S3Access } from '../s3/access.ts';
import { type CredentialProvider, credentialsFor } from '../s3/credentials.ts';
import { type Refusal, refusalFailure } from '../s3/refusal.ts';
import { sdkRefusal } from '../s3/sdk-error.ts';
import { stsHandler, transport } from '../s3/transport.ts';
import { callerArn } from '../s3/whoami.ts';
import { type Budget, budget } from '../slices/budget.ts';
import type { Action, Ask } from './traces.ts';

/** A client of one identity and region, which the sources that agree in them share, with their budget of requests. */
export type Client = {
  readonly ask: (onRequest: OnRequest | undefined) => Ask;
  /** Who we are, where an STS can tell. */
  readonly identity: (signal: AbortSignal) => Promise<string | undefined>;
  readonly close: () => void;
};

export type Address = { readonly region: string; readonly endpoint?: string | undefined; readonly perSecond: number };

/** Requests that may go out at once; after them it is so many a second. */
const BURST = 5;

export function xrayClient(access: S3Access, address: Address, by: string, operator: CredentialProvider, options: StoreOptions): Client {
  const { clock = systemClock, onAllowance } = options;
  const { region, endpoint, perSecond } = address;
  const sockets = transport(options, access.ca);
  const sts = stsHandler(options);
  const sdk = new XRayClient({
    region,
    credentials: credentialsFor(access, operator, region, options, sts),
    requestHandler: sockets.handler,
    // Endpoints in the environment or a profile of the operator must not redirect a source.
    ignoreConfiguredEndpointUrls: true,
    ...(endpoint !== undefined && { endpoint }),
    // Each attempt has to be paid from the budget.
    maxAttempts: 1,
  });
  const requests = Math.max(BURST, perSecond);
  const shared = budget({
    platform: 'X-Ray',
    requests,
    perMs: (requests / perSecond) * 1_000,
    clock,
    onRemaining: (remaining) => onAllowance?.('xray', by, remaining),
  });
  return {
    ask: (onRequest) => asking(sdk, shared, clock, region, onRequest),
    identity: async (signal) => {
      if (endpoint !== undefined && options.stsEndpoint === undefined) return undefined;
      return callerArn(() => sdk.config.credentials(), region, options, sts, signal).catch(() => undefined);
    },
    close: () => {
      sdk.destroy();
      sockets.close();
      sts.destroy();
    },
  };
}

/** Calls are made within the budget. An expired session is renewed once. */
function asking(sdk: XRayClient, { turn, told, isOpen }: Budget, clock: Clock, region: string, onRequest: OnRequest | undefined): Ask {
  return async (action, pace, call) =>
    retried(
      async () => {
        for (let isRenewed = false; ; ) {
          await turn(pace.patienceMs(), pace.signal);
          onRequest?.(action === 'xray:GetTraceSummaries' ? 'list' : 'get');
          try {
            return await call(sdk, pace.signal);
          } catch (thrown) {
            pace.signal.throwIfAborted();
            const refusal = sdkRefusal(thrown);
            if (!isRenewed && /^(ExpiredToken|ExpiredTokenException)$/.test(refusal?.code ?? '')) {
              isRenewed = true;
              await sdk.config.credentials({ forceRefresh: true });
              continue;
            }
            const failure = failureFor(thrown, refusal, action, region);
            if (failure.reason === 'Throttled') told({ retryAfterMs: failure.retryAfterMs ?? THROTTLED_MS });
            if (failure.reason === 'Throttled' && !isOpen()) continue;
            throw new Failed(failure);
          }
        }
      },
      pace.signal,
      clock,
    );
}

/** X-Ray says that there was too much, and not for how long. */
const THROTTLED_MS = 10_000;

function failureFor(thrown: unknown, refusal: Refusal | undefined, action: Action, region: string): Failure {
  if (isFailed(thrown)) return thrown.failure;
  const on = `X-Ray in ${region}`;
  if (refusal && refusal.status >= 300) return refused(refusal, action, on);
  if (!(thrown instanceof Error)) return failureOf(thrown);
  if (thrown.name === 'TimeoutError') return { reason: 'StoreUnavailable', message: `${on}: no answer in time` };
  const failure = networkFailure(thrown, on);
  if (failure) return failure;
  return { reason: 'StoreProtocolError', message: `${on}: the answer is not one of X-Ray`, cause: thrown };
}

function refused(refusal: Refusal, action: Action, on: string): Failure {
  // The only thing in a request that somebody wrote is the filter.
  if (refusal.code === 'InvalidRequestException' && action === 'xray:GetTraceSummaries') {
    return { reason: 'InvalidSpec', message: `${on} does not take the filter of the source: ${refusal.message}` };
  }
  // S3 means "slow down" by it; here it is what it says.
  if (refusal.status === 503) return { reason: 'StoreUnavailable', message: `${on} answered 503` };
  return refusalFailure(refusal, { action, on });
}
