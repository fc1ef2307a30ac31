import { expect } from 'vitest';
import { startAzureMonitorServer } from '../../../support/platforms/azuremonitor.ts';
import type { Access } from '../../stores/driver.ts';
import type { PlatformDriver } from '../driver.ts';

const WORKSPACE = '11111111-2222-3333-4444-555555555555';

/** Tokens of an Entra that is not there: the operator's may expire, and another one may be asked for. */
let token = 'first';

/** The project's own Azure Monitor. Its pages are as large as ours are asked for. */
export const azureMonitor: PlatformDriver = {
  name: 'azureMonitor',
  provider: 'azure',
  minutes: 1,
  manySpans: 5_600,
  start: async (now) => {
    const access = (authorization: string | undefined) => (authorization === `Bearer ${token}` ? 'granted' : 'expired');
    const server = await startAzureMonitorServer(now, { access });
    let held = token;
    const accessFor = (service?: string): Access => ({
      spec: {
        azureMonitor: {
          workspaceId: WORKSPACE,
          endpoint: server.origin,
          ...(service !== undefined && { service }),
          lookback: '1h',
          settle: '2m',
          overlap: '10m',
          appTraces: false,
          inferStepTypes: false,
          auth: { type: 'WorkloadIdentity' },
        },
      },
      secrets: {},
    });
    return {
      server,
      access: accessFor,
      options: {
        azure: {
          trustedOrigin: server.origin,
          token: async (renew) => {
            if (renew) held = token;
            return held;
          },
        },
      },
    };
  },
  throttled: { status: 429, body: { error: { code: 'ThrottledError', message: 'Too many requests' } }, headers: { 'retry-after': '30' } },
  partial: [
    {
      status: 200,
      body: {
        tables: [{ name: 'PrimaryResult', columns: [], rows: [] }],
        error: { code: 'PartialError', message: 'There were some errors when processing your query.' },
      },
    },
  ],
  hiccups: [
    {
      name: 'a token that has expired',
      arrange: () => {
        token = 'second';
      },
    },
  ],
  calls: new RegExp(`^GET /v1/workspaces/${WORKSPACE}/query$`),
  garbled: { reason: 'InvalidTraceId', message: expect.stringContaining('the trace id is all zero') },
  troubles: [
    {
      name: 'a token without the role',
      reason: 'AccessDenied',
      says: /Log Analytics Reader on workspace 1{8}-.*up to an hour/,
      shows: 'probe',
      faults: [{ status: 403, body: { error: { code: 'InsufficientAccessError', message: 'insufficient access' } } }],
    },
    {
      name: 'a workspace that is not there',
      reason: 'NoSuchBucket',
      says: /no workspace 1{8}/,
      shows: 'probe',
      faults: [{ status: 404, body: { error: { code: 'WorkspaceNotFoundError', message: 'The workspace could not be found' } } }],
    },
    {
      name: 'a token that stays expired',
      reason: 'ExpiredToken',
      shows: 'open',
      faults: Array.from({ length: 2 }, () => ({
        status: 401,
        body: { error: { code: 'InvalidTokenError', message: 'token has expired' } },
      })),
    },
    {
      name: 'a query that the service does not take',
      reason: 'StoreProtocolError',
      says: /SemanticError/,
      shows: 'open',
      faults: [{ status: 400, body: { error: { code: 'BadArgumentError', innererror: { message: 'SemanticError: no such table' } } } }],
    },
    { name: 'a web page', reason: 'StoreProtocolError', shows: 'open', faults: [{ status: 200, body: '<html>sign in</html>' }] },
  ],
};
