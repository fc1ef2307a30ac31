import { expect } from 'vitest';
import { startGcsServer } from '../../../support/gcs-server/server.ts';
import { startCloudTraceServer } from '../../../support/platforms/cloudtrace.ts';
import type { Access } from '../../stores/driver.ts';
import type { PlatformDriver } from '../driver.ts';

const READER = 'trace-reader@acme-prod-4711.iam.gserviceaccount.com';
const BLIND = 'blind@acme-prod-4711.iam.gserviceaccount.com';

const withKey = (key: string) => (access: Access) => ({ ...access, secrets: { 'trace-key': { 'key.json': key } } });

/** The project's own Cloud Trace, beside the token service that the buckets are tested with: pages of twenty traces. */
export async function cloudTrace(): Promise<PlatformDriver> {
  const google = await startGcsServer();
  const [reader, blind] = [google.tokens.account(READER), google.tokens.account(BLIND)];
  return {
    name: 'cloudTrace',
    provider: 'gcp',
    minutes: 1,
    manySpans: 70,
    start: async (now) => {
      const access = (authorization: string | undefined) => {
        const caller = google.tokens.caller(authorization);
        if (typeof caller === 'string') return 'unknown';
        return caller.email === READER ? 'granted' : 'denied';
      };
      const server = await startCloudTraceServer(now, { pageCap: 20, access });
      const accessFor = (service?: string): Access => ({
        spec: {
          cloudTrace: {
            project: 'acme-prod-4711',
            endpoint: server.origin,
            ...(service !== undefined && { service }),
            lookback: '1h',
            settle: '2m',
            overlap: '10m',
            inferStepTypes: false,
            auth: { type: 'ServiceAccountKey', keySecretRef: { name: 'trace-key', key: 'key.json' } },
          },
        },
        secrets: { 'trace-key': { 'key.json': reader } },
      });
      const stop = async () => void (await Promise.all([server.stop(), google.stop()]));
      return {
        server: { ...server, stop },
        access: accessFor,
        options: { google: { trustedOrigin: server.origin, tokenFetch: google.tokenFetch } },
      };
    },
    throttled: {
      status: 429,
      body: { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded' } },
      headers: { 'retry-after': '40' },
    },
    hiccups: [{ name: 'a token that was revoked', arrange: () => google.tokens.revokeAll() }],
    calls: /^GET \/v1\/projects\/acme-prod-4711\/traces$/,
    garbled: { reason: 'InvalidSpan', message: expect.stringMatching(/unreadable span \d+ of 6564/) },
    partly: /neither status nor events nor links.*1,000 spans/,
    troubles: [
      {
        name: 'no key',
        reason: 'MissingCredential',
        says: /Secret trace-key/,
        shows: 'probe',
        access: (access) => ({ ...access, secrets: {} }),
      },
      {
        name: 'an account that may not list traces',
        reason: 'AccessDenied',
        says: /blind@.* needs cloudtrace\.traces\.list .* on project acme-prod-4711/,
        shows: 'probe',
        access: withKey(blind),
      },
      {
        name: 'a project that is not there',
        reason: 'NoSuchBucket',
        says: /no project acme-prod-4711/,
        shows: 'probe',
        faults: [{ status: 404, body: { error: { code: 404, status: 'NOT_FOUND', message: 'Project not found' } } }],
      },
      {
        name: 'a token that stays expired',
        reason: 'InvalidToken',
        shows: 'open',
        faults: Array.from({ length: 2 }, () => ({
          status: 401,
          body: { error: { code: 401, status: 'UNAUTHENTICATED', message: 'no' } },
        })),
      },
      { name: 'a web page', reason: 'StoreProtocolError', shows: 'open', faults: [{ status: 200, body: '<html>sign in</html>' }] },
    ],
  };
}
