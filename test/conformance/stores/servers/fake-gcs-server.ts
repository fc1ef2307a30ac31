import { randomUUID } from 'node:crypto';
import { freePort, startChild } from '../../../support/child.ts';
import { toolPath } from '../../../support/tools.ts';
import type { Access, Driver, TestBucket, TestServer, Trouble } from '../driver.ts';

/** github.com/fsouza/fake-gcs-server: checks no credentials, so it is read anonymously. */
export const fakeGcsServer: Driver = { name: 'fake-gcs-server', start };

async function start(): Promise<TestServer | undefined> {
  const program = toolPath('fake-gcs-server');
  if (program === undefined) return undefined;
  const port = await freePort();
  const args = ['-backend', 'memory', '-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-public-host', `127.0.0.1:${port}`];
  const child = await startChild(program, args, /server started at/);
  const origin = `http://127.0.0.1:${port}`;

  const call = async (method: string, path: string, body?: Uint8Array | string): Promise<void> => {
    const answer = await fetch(`${origin}${path}`, {
      method,
      ...(body !== undefined && { body: typeof body === 'string' ? body : Buffer.from(body) }),
    });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
  };
  const access = (bucket: string, prefix = ''): Access => ({
    spec: { gcs: { bucket, prefix, endpoint: origin, auth: { type: 'None' } } },
    secrets: {},
  });

  const createBucket = async (): Promise<TestBucket> => {
    const name = `acme-traces-${randomUUID()}`;
    await call('POST', '/storage/v1/b', JSON.stringify({ name }));
    return {
      access: (prefix) => access(name, prefix),
      put: (key, body) => call('POST', `/upload/storage/v1/b/${name}/o?uploadType=media&name=${encodeURIComponent(key)}`, body),
      delete: (key) => call('DELETE', `/storage/v1/b/${name}/o/${encodeURIComponent(key)}`),
    };
  };

  const troubles: readonly Trouble[] = [
    { name: 'a bucket that is not there', reason: 'NoSuchBucket', shows: 'probe', arrange: () => access('acme-tracse') },
    {
      name: 'a credential for a foreign endpoint',
      reason: 'InvalidSpec',
      says: /token of Google/,
      shows: 'probe',
      arrange: () => ({
        spec: { gcs: { bucket: 'acme-traces', prefix: '', endpoint: origin, auth: { type: 'WorkloadIdentity' } } },
        secrets: {},
      }),
    },
    {
      name: 'an object that was replaced',
      reason: 'Superseded',
      shows: 'open',
      arrange: async (bucket) => {
        await bucket.put('file.json', '{"new":1}');
        return bucket.access();
      },
    },
    {
      name: 'an object that was deleted',
      reason: 'Deleted',
      shows: 'open',
      arrange: async (bucket) => {
        await bucket.delete('file.json');
        return bucket.access();
      },
    },
  ];
  // Each object makes the next put slower: 5,000 would take a minute.
  return { createBucket, troubles, cannot: {}, manyKeys: 1_500, stop: child.stop };
}
