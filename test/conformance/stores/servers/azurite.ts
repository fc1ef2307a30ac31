import { randomBytes, randomUUID } from 'node:crypto';
import {
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import type { AzureBlobSpec } from '../../../../src/stores/spec.ts';
import { startAzurite } from '../../../support/azurite.ts';
import type { Access, Driver, TestBucket, TestServer, Trouble } from '../driver.ts';

const ACCOUNT = 'acmetraces';

/** Microsoft's own emulator. The SDK is newer than the API versions that it admits to, and it ignores startFrom. */
export const azurite: Driver = { name: 'azurite', start };

async function start(): Promise<TestServer> {
  const key = randomBytes(64).toString('base64');
  const { origin, stop } = await startAzurite(ACCOUNT, key);
  const endpoint = `${origin}/${ACCOUNT}`;
  const owner = new StorageSharedKeyCredential(ACCOUNT, key);
  const service = new BlobServiceClient(endpoint, owner);

  const access = (container: string, type: AzureBlobSpec['auth']['type'], credential: string, prefix = ''): Access => ({
    spec: { azureBlob: { endpoint, container, prefix, auth: { type, secretRef: { name: 'azure', key: 'credential' } } } },
    secrets: { azure: { credential } },
  });
  const sas = (containerName: string, permissions: string, hours = 1): string => {
    const startsOn = new Date(Date.now() - 24 * 3_600_000);
    const expiresOn = new Date(Date.now() + hours * 3_600_000);
    const values = {
      containerName,
      permissions: ContainerSASPermissions.parse(permissions),
      startsOn,
      expiresOn,
      protocol: SASProtocol.HttpsAndHttp,
    };
    return generateBlobSASQueryParameters(values, owner).toString();
  };
  const containerOf = (bucket: TestBucket): string => bucket.access().spec.azureBlob?.container ?? '';

  const createBucket = async (): Promise<TestBucket> => {
    const name = `traces-${randomUUID()}`;
    const container = service.getContainerClient(name);
    await container.create();
    const writer = sas(name, 'cw');
    return {
      access: (prefix) => access(name, 'AccountKey', key, prefix),
      // Without the SDK, which takes longer to write 5,000 blobs than the emulator.
      put: async (each, body) => {
        const url = `${endpoint}/${name}/${encodeURIComponent(each)}?${writer}`;
        const answer = await fetch(url, { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body: Buffer.from(body) });
        if (!answer.ok) throw new Error(`${each}: ${answer.status} ${await answer.text()}`);
        await answer.arrayBuffer();
      },
      delete: async (each) => void (await container.deleteBlob(each)),
    };
  };

  const troubles: readonly Trouble[] = [
    {
      name: 'another account key',
      reason: 'InvalidToken',
      says: /authenticate/,
      shows: 'probe',
      arrange: (bucket) => access(containerOf(bucket), 'AccountKey', randomBytes(64).toString('base64')),
    },
    {
      name: 'a key that is not base64',
      reason: 'InvalidCredential',
      says: /base64/,
      shows: 'probe',
      arrange: (bucket) => access(containerOf(bucket), 'AccountKey', 'hunter2'),
    },
    {
      name: 'a SAS that does not allow to list',
      reason: 'AccessDenied',
      says: /permission list/,
      shows: 'probe',
      arrange: (bucket) => access(containerOf(bucket), 'SAS', sas(containerOf(bucket), 'r')),
    },
    {
      name: 'a SAS that does not allow to read',
      reason: 'AccessDenied',
      says: /permission read/,
      shows: 'probe',
      arrange: (bucket) => access(containerOf(bucket), 'SAS', sas(containerOf(bucket), 'l')),
    },
    {
      name: 'a SAS that has expired',
      reason: 'ExpiredToken',
      shows: 'probe',
      arrange: (bucket) => access(containerOf(bucket), 'SAS', sas(containerOf(bucket), 'rl', -1)),
    },
    {
      name: 'a connection string that leads elsewhere',
      reason: 'InvalidCredential',
      says: /leads to https:\/\/other\.blob\.core\.windows\.net/,
      shows: 'probe',
      arrange: (bucket) =>
        access(containerOf(bucket), 'ConnectionString', `AccountName=other;AccountKey=${key};EndpointSuffix=core.windows.net`),
    },
    { name: 'a container that is not there', reason: 'NoSuchBucket', shows: 'probe', arrange: () => access('tracse', 'AccountKey', key) },
    {
      name: "the operator's identity for a foreign endpoint",
      reason: 'InvalidSpec',
      says: /token of Azure/,
      shows: 'probe',
      arrange: (bucket) => ({
        spec: { azureBlob: { endpoint, container: containerOf(bucket), prefix: '', auth: { type: 'WorkloadIdentity' } } },
        secrets: {},
      }),
    },
    {
      name: 'a blob that was replaced',
      reason: 'Superseded',
      shows: 'open',
      arrange: async (bucket) => {
        await bucket.put('file.json', '{"new":1}');
        return bucket.access();
      },
    },
    {
      name: 'a blob that was deleted',
      reason: 'Deleted',
      shows: 'open',
      arrange: async (bucket) => {
        await bucket.delete('file.json');
        return bucket.access();
      },
    },
    {
      name: 'a blob that was archived',
      reason: 'Archived',
      shows: 'open',
      arrange: async (bucket) => {
        await service.getContainerClient(containerOf(bucket)).getBlobClient('file.json').setAccessTier('Archive');
        return bucket.access();
      },
    },
  ];
  return { createBucket, troubles, cannot: { 'UTF-8 order': 'it sorts by UTF-16 units' }, stop: stop };
}
