import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { version } from '../../hack/release/versions.ts';
import { helmOk, helmProgram } from '../support/helm.ts';
import { kubectl, kubectlOk } from '../support/kubectl.ts';

const run = promisify(execFile);
const is = version();

describe.skipIf(!helmProgram)('a release, as far as it can be made without an identity', () => {
  let folder: string;
  const at = (name: string) => join(folder, 'release', name);
  const release = (...args: readonly string[]) =>
    run(process.execPath, ['hack/release.ts', ...args], { env: { ...process.env, SPANFERRY_RELEASE_FOLDER: at('') } });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spanferry-release-'));
    await release('files');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('has command, npm package, chart, bill of materials, provenance and checksums', async () => {
    const names = ['.mjs', '.tgz', '.cdx.json'].map((end) => `spanferry-${is}${end}`);
    expect((await readdir(at(''))).sort()).toEqual(['SHA256SUMS', 'provenance.intoto.json', ...names, `spanferry-npm-${is}.tgz`].sort());
  });

  test('checksums and provenance speak of the files that are there', async () => {
    const sums = (await readFile(at('SHA256SUMS'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => line.split('  '));
    for (const [sum, name = ''] of sums)
      expect(
        createHash('sha256')
          .update(await readFile(at(name)))
          .digest('hex'),
      ).toBe(sum);
    const { subject } = JSON.parse(await readFile(at('provenance.intoto.json'), 'utf8')) as {
      subject: { name: string; digest: { sha256: string } }[];
    };
    expect(subject.map(({ name, digest }) => [digest.sha256, name])).toEqual(sums);
  });

  test('the command is one file that needs nothing beside it', async () => {
    const { stdout } = await run(process.execPath, [at(`spanferry-${is}.mjs`), 'validate', 'test/fixtures/traces/otlp-document.json'], {
      cwd: '.',
    });
    expect(stdout).toContain('✓');
  });

  test('the npm package installs without a network and brings both names of the command', async () => {
    const place = join(folder, 'npm');
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--prefix', place, at(`spanferry-npm-${is}.tgz`)]);
    for (const name of ['spanferry', 'kubectl-spanferry']) {
      const { stdout } = await run(join(place, 'node_modules/.bin', name), ['--help'], {
        env: { ...process.env, PATH: `${join(process.execPath, '..')}:${process.env.PATH}` },
      });
      expect(stdout).toContain('validate');
    }
    expect(await readdir(join(place, 'node_modules'))).toEqual(expect.not.arrayContaining(['zod']));
  });

  test('the chart renders from its package as from its folder', async () => {
    expect(await helmOk(['template', 'spanferry', at(`spanferry-${is}.tgz`), '--kube-version', '1.32.0'])).toContain('kind: Deployment');
  });

  test('a step that does not exist, and one that lacks its program, say so in a sentence', async () => {
    await expect(release('everything')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('usage: npm run release') });
    const env = { ...process.env, PATH: '/nowhere' };
    const sign = run(process.execPath, ['hack/release.ts', 'sign'], { env });
    await expect(sign).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('cosign is not installed') });
  });
});

describe('hack/kind.sh', () => {
  test('says clearly that there is no Docker, and what to do instead', async () => {
    const bin = await mkdtemp(join(tmpdir(), 'spanferry-kind-'));
    try {
      for (const name of ['bash', 'dirname']) await symlink((await run('which', [name])).stdout.trim(), join(bin, name));
      await expect(run(join(bin, 'bash'), ['hack/kind.sh'], { env: { PATH: bin } })).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/docker is not installed\..*nothing was started.*npm run demo/s),
      });
    } finally {
      await rm(bin, { recursive: true, force: true });
    }
  });

  test('brings objects that a real API server takes', async () => {
    const made = await kubectl(['create', 'namespace', 'surroundings']);
    if (made.code !== 0 && !made.err.includes('AlreadyExists')) throw new Error(made.err);
    for (const file of ['surroundings', 'source']) {
      expect(await kubectlOk(['apply', '--server-side', '--dry-run=server', '-f', `hack/kind/${file}.yaml`])).toContain(
        'serverside-applied',
      );
    }
  });
});
