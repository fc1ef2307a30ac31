import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export type Pair = { readonly cert: string; readonly key: string };
export type Authority = {
  readonly ca: string;
  /** A certificate for 127.0.0.1 and these hosts, or for whoever shows it. */
  readonly issue: (commonName: string, hosts?: readonly string[]) => Pair;
  /** A TLS 1.3 server that sends the alert where no client certificate is shown, as Go's does; Node's just hangs up. */
  readonly startStrictServer: (pair: Pair) => Promise<{ readonly url: string; readonly close: () => Promise<void> }>;
  /** Removes the files. */
  readonly close: () => void;
};

/** A certificate authority of the test's own, made with the openssl command, which must be there. */
export function createAuthority(name: string): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'spanferry-ca-'));
  const file = (leaf: string) => join(folder, leaf);
  const openssl = (...args: readonly string[]) => {
    try {
      execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    } catch (cause) {
      throw new Error(`this test needs the openssl command: openssl ${args[0]} failed`, { cause });
    }
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', file('ca.key'), '-out', file('ca.crt'), '-days', '2', '-subj', `/CN=${name}`);
  let issued = 0;
  return {
    ca: readFileSync(file('ca.crt'), 'utf8'),
    issue: (commonName, hosts = []) => {
      const leaf = `leaf-${issued++}`;
      const out = ['-keyout', file(`${leaf}.key`), '-out', file(`${leaf}.crt`)];
      const signedBy = ['-CA', file('ca.crt'), '-CAkey', file('ca.key')];
      const alternatives = ['IP:127.0.0.1', ...hosts.map((host) => `DNS:${host}`)].join(',');
      const names = ['-addext', `subjectAltName=${alternatives}`, '-addext', 'basicConstraints=critical,CA:FALSE'];
      openssl('req', '-x509', ...newKey, ...out, ...signedBy, '-days', '2', '-subj', `/CN=${commonName}`, ...names);
      return { cert: readFileSync(file(`${leaf}.crt`), 'utf8'), key: readFileSync(file(`${leaf}.key`), 'utf8') };
    },
    startStrictServer: async ({ cert, key }) => {
      writeFileSync(file('strict.pem'), cert + key);
      const strictly = ['-tls1_3', '-CAfile', file('ca.crt'), '-Verify', '1', '-verify_return_error'];
      const server = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', '-cert', file('strict.pem'), '-naccept', '4', ...strictly]);
      for await (const line of createInterface(server.stdout)) {
        const port = /^ACCEPT .*:(\d+)$/.exec(line)?.[1];
        if (port) return { url: `https://127.0.0.1:${port}`, close: () => ended(server) };
      }
      throw new Error('openssl s_server did not start');
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function ended(server: ChildProcess): Promise<void> {
  const exit = once(server, 'exit');
  server.kill();
  await exit;
}
