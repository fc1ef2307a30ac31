import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../../../../src/api/failure.ts';
import { container } from '../../../../src/stores/azureblob/container.ts';
import type { Credential } from '../../../../src/stores/azureblob/credential.ts';
import type { WorkloadIdentity } from '../../../../src/stores/azureblob/identity.ts';
import { startFromFor } from '../../../../src/stores/azureblob/store.ts';
import type { Web, WebRequest } from '../../../../src/stores/web.ts';

const URL_OF_ACME = 'https://acmetraces.blob.core.windows.net';
const operator: WorkloadIdentity = {
  getToken: async () => ({ token: 'eyJ.operator', expiresOnTimestamp: Date.now() + 3_600_000 }),
  name: async () => undefined,
};
const asOperator: Credential = { as: 'WorkloadIdentity', by: 'operator', url: URL_OF_ACME };

/** A store that gives canned answers and remembers what it was asked. */
function answering(status: number, headers: Readonly<Record<string, string>>, body: string) {
  const asked: WebRequest[] = [];
  const web: Web = {
    get: async (request) => {
      asked.push(request);
      return { status, headers, body: Readable.from([Buffer.from(body)]) };
    },
    close: () => undefined,
  };
  return { asked, web };
}

const listing = `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="${URL_OF_ACME}/" ContainerName="traces"><Blobs>
<Blob><Name>agents/run.json</Name><Properties><Last-Modified>Fri, 20 Nov 2026 13:00:00 GMT</Last-Modified><Etag>0x8DE27</Etag>
<Content-Length>17</Content-Length><AccessTier>Hot</AccessTier></Properties></Blob>
<Blob><Name>old.json</Name><Properties><Last-Modified>Fri, 20 Nov 2026 13:00:00 GMT</Last-Modified><Etag>0x8DE28</Etag>
<Content-Length>5</Content-Length><AccessTier>Archive</AccessTier></Properties></Blob></Blobs><NextMarker>2!ab</NextMarker></EnumerationResults>`;

describe('a container', () => {
  test("is listed with the operator's token, over TLS, and with what is asked for", async () => {
    const { asked, web } = answering(200, { 'content-type': 'application/xml' }, listing);
    const found = await container('traces', asOperator, web, operator).list({ prefix: 'agents/', startFrom: 'agents/a', maxPageSize: 100 });
    expect(found).toEqual({
      files: [
        { key: 'agents/run.json', version: '0x8DE27', size: 17, modifiedTime: Date.parse('2026-11-20T13:00:00Z') },
        { key: 'old.json', version: '0x8DE28', size: 5, modifiedTime: Date.parse('2026-11-20T13:00:00Z'), archived: true },
      ],
      folders: [],
      next: '2!ab',
    });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.origin).toBe(URL_OF_ACME);
    expect(asked[0]?.headers).toMatchObject({ Authorization: 'Bearer eyJ.operator' });
    const query = new URLSearchParams(asked[0]?.path.split('?')[1]);
    expect(Object.fromEntries(query)).toMatchObject({ comp: 'list', prefix: 'agents/', startFrom: 'agents/a', maxresults: '100' });
  });

  test('is read under the ETag that was listed', async () => {
    const { asked, web } = answering(206, { etag: '"0x8DE27"', 'content-length': '4' }, 'data');
    const body = await container('traces', asOperator, web, operator).get({ key: 'agents/a b.json', version: '0x8DE27' }, 13);
    for await (const chunk of body) expect(chunk).toEqual(Buffer.from('data'));
    expect(asked[0]?.path).toBe('/traces/agents/a%20b.json');
    expect(asked[0]?.headers).toMatchObject({ 'If-Match': '"0x8DE27"', 'x-ms-range': 'bytes=13-' });
  });

  test('does not pass for another version where the precondition is ignored', async () => {
    const { web } = answering(200, { etag: '"0x8DE99"', 'content-length': '4' }, 'data');
    const failure = await container('traces', asOperator, web, operator).get({ key: 'run.json', version: '0x8DE27' }, 0).catch(failureOf);
    expect(failure).toMatchObject({ reason: 'Superseded' });
  });

  test('does not lead elsewhere: a redirect is not followed', async () => {
    const { asked, web } = answering(307, { location: 'http://169.254.169.254/metadata' }, '');
    const failure = await container('traces', asOperator, web, operator).list({ prefix: '', maxPageSize: 1 }).catch(failureOf);
    expect(failure).toMatchObject({ reason: 'StoreProtocolError', message: expect.stringContaining('307') });
    expect(asked).toHaveLength(1);
  });

  test('is not a web page', async () => {
    const { web } = answering(200, { 'content-type': 'text/html' }, '<html><body><h1>It works!</h1></body></html>');
    const failure = await container('traces', asOperator, web, operator).list({ prefix: '', maxPageSize: 1 }).catch(failureOf);
    expect(failure).toMatchObject({ reason: 'StoreProtocolError' });
  });

  test('that sends a body of unknown length is not one', async () => {
    const { web } = answering(200, { etag: '"0x8DE27"' }, 'data');
    const failure = await container('traces', asOperator, web, operator).get({ key: 'run.json', version: '0x8DE27' }, 0).catch(failureOf);
    expect(failure).toMatchObject({ reason: 'StoreProtocolError' });
  });

  test('a denied listing names the role, not the token', async () => {
    const xml = '<?xml version="1.0"?><Error><Code>AuthorizationPermissionMismatch</Code><Message>No.\nRequestId:1</Message></Error>';
    const { web } = answering(403, { 'x-ms-error-code': 'AuthorizationPermissionMismatch', 'content-type': 'application/xml' }, xml);
    const failure = await container('traces', asOperator, web, operator).list({ prefix: '', maxPageSize: 1 }).catch(failureOf);
    expect(failure).toMatchObject({ reason: 'AccessDenied', message: expect.stringContaining('Storage Blob Data Reader') });
    expect(failure).toHaveProperty('message', expect.not.stringMatching(/eyJ|RequestId/));
  });

  test('without a token of the operator is not asked at all', async () => {
    const { asked, web } = answering(200, {}, listing);
    const getToken = () => Promise.reject(Object.assign(new Error('is unavailable'), { name: 'CredentialUnavailableError' }));
    const failure = await container('traces', asOperator, web, { ...operator, getToken })
      .list({ prefix: '', maxPageSize: 1 })
      .catch(failureOf);
    expect(failure).toMatchObject({ reason: 'MissingCredential' });
    expect(asked).toEqual([]);
  });
});

describe('a start key', () => {
  test('is left to the service where both orders of keys agree', () => {
    expect(startFromFor('agents/grüße/日本語.json')).toBe('agents/grüße/日本語.json');
  });

  test.each(['emoji/🚀.json', 'private/\ue000', 'full width ｡'])('%j is compared here alone', (key) => {
    expect(startFromFor(key)).toBeUndefined();
  });
});
