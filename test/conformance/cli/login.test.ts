import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  generateAccountSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleCommand } from '../../../hack/build/bundle.ts';
import { startAzurite } from '../../support/azurite.ts';
import { type Authority, createAuthority } from '../../support/certificates.ts';
import { command, type Ended } from '../../support/cli/command.ts';
import { type ForwardProxy, startForwardProxy } from '../../support/forward-proxy.ts';
import { type GcsServer, startGcsServer } from '../../support/gcs-server/server.ts';
import { agentFile } from '../../support/traces/agent.ts';

// The clouds by their own names: a proxy, as companies have one, leads them to servers of the test, whose authority the machine trusts.

let folder: string;
let program: string;
let authority: Authority;
let ca: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spanferry-login-'));
  program = (await bundleCommand(folder)).file;
  authority = createAuthority('a company');
  ca = join(folder, 'ca.crt');
  writeFileSync(ca, authority.ca);
}, 120_000);
afterAll(() => {
  authority.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A person with a home and a PATH of their own runs `spanferry preview LOCATION`. */
async function preview(location: string, proxy: ForwardProxy, home: string): Promise<Omit<Ended, 'out'> & { readonly out: string }> {
  const env = {
    HOME: home,
    PATH: `${join(home, 'bin')}:${process.env.PATH}`,
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: ca,
    // Neither is this machine in a cloud.
    METADATA_SERVER_DETECTION: 'none',
    AZURE_TOKEN_CREDENTIALS: 'dev',
  };
  const { out, ...ended } = await command(program, { args: ['preview', location], env });
  return { ...ended, out: out.toString() };
}

function homeOf(person: string): string {
  const home = join(folder, person);
  mkdirSync(join(home, 'bin'), { recursive: true });
  return home;
}

describe('Google: the login of gcloud auth application-default login', () => {
  let server: GcsServer;
  let proxy: ForwardProxy;
  beforeAll(async () => {
    server = await startGcsServer(authority.issue('google', ['oauth2.googleapis.com', 'storage.googleapis.com']));
    proxy = await startForwardProxy(server.origin);
    server.createBucket('acme-traces').put('agents/run.json', agentFile().text);
  });
  afterAll(async () => {
    await server.stop();
    await proxy.close();
  });

  function loggedIn(person: string, ...rights: Parameters<GcsServer['tokens']['login']>[1][]): string {
    const home = homeOf(person);
    const place = join(home, '.config', 'gcloud');
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'application_default_credentials.json'), server.tokens.login(`${person}@acme.example`, ...rights));
    return home;
  }

  test('reads what the person may read', async () => {
    const said = await preview('gs://acme-traces/agents/', proxy, loggedIn('jane'));
    expect(said).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^gs:\/\/acme-traces\/agents\/ read as your own login\n {2}1 file matches of 1 object /),
    });
    expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT oauth2.googleapis.com:443', 'CONNECT storage.googleapis.com:443']));
  });

  test('names the permission that the person lacks, and not the operator', async () => {
    const { code, err } = await preview('gs://acme-traces/agents/', proxy, loggedIn('joe', []));
    expect(code).toBe(1);
    expect(err).toMatch(/^spanferry: AccessDenied: your login needs storage\.objects\.list on bucket acme-traces /);
  });

  test('says how to log in where there is no login, or it has ended', async () => {
    expect(await preview('gs://acme-traces/agents/', proxy, homeOf('jim'))).toMatchObject({
      code: 1,
      err: 'spanferry: the store cannot be read with your own login (there is none on this machine); log in to Google Cloud: gcloud auth application-default login\n',
    });
    const home = loggedIn('june');
    server.tokens.logout();
    expect(await preview('gs://acme-traces/agents/', proxy, home)).toMatchObject({
      code: 1,
      err: 'spanferry: the store cannot be read with your own login (Google refuses your login (invalid_grant: Token has been expired or revoked.)); log in to Google Cloud: gcloud auth application-default login\n',
    });
  });
});

describe('Azure: the login of az login', () => {
  const HOST = 'acmetraces.blob.core.windows.net';
  let server: Awaited<ReturnType<typeof startAzurite>>;
  let proxy: ForwardProxy;
  beforeAll(async () => {
    const key = randomBytes(64).toString('base64');
    const pair = authority.issue('azure', [HOST]);
    const [cert, keyFile] = [join(folder, 'azure.crt'), join(folder, 'azure.key')];
    writeFileSync(cert, pair.cert);
    writeFileSync(keyFile, pair.key);
    server = await startAzurite('acmetraces', key, ['--oauth', 'basic', '--cert', cert, '--key', keyFile]);
    proxy = await startForwardProxy(server.origin);
    const sas = generateAccountSASQueryParameters(
      {
        services: AccountSASServices.parse('b').toString(),
        resourceTypes: AccountSASResourceTypes.parse('co').toString(),
        permissions: AccountSASPermissions.parse('cw'),
        startsOn: new Date(Date.now() - 3_600_000),
        expiresOn: new Date(Date.now() + 3_600_000),
      },
      new StorageSharedKeyCredential('acmetraces', key),
    );
    await put(`${server.origin}/acmetraces/traces?restype=container&${sas}`, '');
    await put(`${server.origin}/acmetraces/traces/agents/run.json?${sas}`, agentFile().text);
  });
  afterAll(async () => {
    await proxy.close();
    await server.stop();
  });

  const agent = () => new Agent({ ca: authority.ca });
  const put = (url: string, body: string) =>
    new Promise<void>((resolve, reject) => {
      const headers = { 'x-ms-blob-type': 'BlockBlob', 'content-length': Buffer.byteLength(body) };
      const asked = request(url, { method: 'PUT', agent: agent(), headers }, (answer) => {
        answer.resume();
        if (answer.statusCode === 201) resolve();
        else reject(new Error(`${url}: ${answer.statusCode}`));
      });
      asked.on('error', reject);
      asked.end(body);
    });

  /** An az in the PATH that prints what the real one prints, or fails as it fails. */
  function azOf(person: string, lines: string): string {
    const home = homeOf(person);
    writeFileSync(join(home, 'bin', 'az'), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
    return home;
  }

  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

  function token(): string {
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      aud: 'https://storage.azure.com',
      iss: 'https://sts.windows.net/acme/',
      iat: now,
      nbf: now - 60,
      exp: now + 3_600,
      appid: 'az',
    };
    return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.x`;
  }

  test('reads what the person may read', async () => {
    const answer = {
      accessToken: token(),
      expires_on: Math.floor(Date.now() / 1_000) + 3_600,
      subscription: 's',
      tenant: 't',
      tokenType: 'Bearer',
    };
    const home = azOf('anna', `echo "$@" >> "$HOME/asked"\necho '${JSON.stringify(answer)}'`);
    const said = await preview('azblob://acmetraces/traces/agents/', proxy, home);
    expect(said).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^azblob:\/\/acmetraces\/traces\/agents\/ read as application az\n {2}1 file matches of 1 object /),
    });
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${HOST}:443`]));
  });

  test('says how to log in where nobody is logged in', async () => {
    const home = azOf('arno', `echo "ERROR: Please run 'az login' to setup account." >&2\nexit 1`);
    expect(await preview('azblob://acmetraces/traces/agents/', proxy, home)).toMatchObject({
      code: 1,
      err: 'spanferry: the store cannot be read with your own login (there is none on this machine); log in to Azure: az login\n',
    });
  });
});
