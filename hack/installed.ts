import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { fileURLToPath } from 'node:url';

// npm run test:installed   end-to-end files of the operator suite against a release that is installed where $KUBECONFIG leads.
//
// The store and the collector of a test stay on this machine, on the address that $SPANFERRY_TEST_HOST names: one that the pods of the release reach, and
// nobody else should. The files are those that need no more of an operator than that it is there.

const files = process.argv.slice(2);
const endToEnd = ['content', 'lifecycle', 'matching', 'source'].map((name) => `test/cluster/operator/${name}.test.ts`);

const { KUBECONFIG: kubeconfig = '', SPANFERRY_TEST_HOST: host = '' } = process.env;
const trouble = !existsSync(kubeconfig)
  ? `KUBECONFIG has to name the file of a cluster in which a release is installed; it is ${kubeconfig || 'not set'}`
  : isIP(host) === 0
    ? `SPANFERRY_TEST_HOST has to be an address of this machine that pods reach; it is ${host || 'not set'}`
    : undefined;

if (trouble !== undefined) {
  console.error(trouble);
  process.exitCode = 2;
} else {
  const root = fileURLToPath(new URL('../', import.meta.url));
  const env = { ...process.env, USE_EXISTING_CLUSTER: 'true', SPANFERRY_INSTALLED: 'true' };
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'operator', ...(files.length > 0 ? files : endToEnd)];
  spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).on('exit', (code) => process.exit(code ?? 1));
}
