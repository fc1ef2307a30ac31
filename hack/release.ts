import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { step } from './prepare/step.mjs';
import { bill, bundles, chartPackage, commandFile, digestOf, npmPackage, subjects } from './release/artifacts.ts';
import { provenance } from './release/provenance.ts';
import { notes, version } from './release/versions.ts';
import { prepareTool } from './tools/prepare.ts';

const usage = `usage: npm run release -- STEP [--push]

on any machine, into dist/release/:
  version      the version, if every place that says one says the same
  notes        what CHANGELOG.md says about it
  files        command, npm package, chart, bill of materials, provenance and checksums
with Docker (buildx):
  image        the image for amd64 and arm64, with its bill of materials and provenance; --push sends it to the registry
with an identity:
  sign         signs the checksums, and what --push has sent, with cosign
  login        to the registry, as $REGISTRY_USER with $REGISTRY_TOKEN
  publish      sends the chart to the registry, the package to npm, and the files to the page of the release`;

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = process.env.SPANFERRY_RELEASE_FOLDER ?? join(root, 'dist/release');
const registry = process.env.SPANFERRY_REGISTRY ?? 'ghcr.io/spanferry';
const repository = 'https://github.com/spanferry/spanferry';

const [what = '', ...flags] = process.argv.slice(2);
const push = flags.includes('--push');

const git = (...args: readonly string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

/** Runs a program of the machine with its output on the terminal; what is not installed is said in a sentence. */
function machine(program: string, args: readonly string[], remedy: string): void {
  const { error, status } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (error) throw new Error(`${program} is not installed: ${remedy}`);
  if (status !== 0) throw new Error(`${program} ${args[0]} ended with ${status}`);
}

async function files(): Promise<void> {
  const is = version();
  const helm = await prepareTool('helm');
  if (!helm.ok) throw new Error(helm.why);
  // The time of the commit: the same commit makes the same files.
  const moment = new Date(Number(git('log', '-1', '--format=%ct')) * 1_000).toISOString();
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'work'), { recursive: true });
  const made = await step('bundles', () => bundles(join(folder, 'work')));
  await commandFile(folder, is, made);
  await step('npm package', () => npmPackage(folder, is, made));
  await step('chart', () => chartPackage(folder, join(helm.found.folder, 'helm')));
  await step('bill of materials', () => bill(folder, is, made, moment));
  await rm(join(folder, 'work'), { recursive: true });
  const artifacts = await subjects(folder);
  await writeFile(join(folder, 'SHA256SUMS'), artifacts.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(''));
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: project, GITHUB_WORKFLOW_REF: workflow, GITHUB_RUN_ID: run } = process.env;
  const inCi = server !== undefined && project !== undefined;
  const origin = {
    repository,
    commit: git('rev-parse', 'HEAD'),
    lockfile: await digestOf(join(root, 'package-lock.json')),
    builder: inCi ? `${server}/${workflow}` : 'a machine without an identity',
    ...(inCi && { invocation: `${server}/${project}/actions/runs/${run}` }),
    finishedOn: moment,
  };
  await writeFile(join(folder, 'provenance.intoto.json'), provenance(artifacts, origin));
  for (const { name, sha256 } of artifacts) console.log(`${sha256.slice(0, 12)}  ${name}`);
}

function image(): void {
  const is = version();
  const labels = ['--build-arg', `VERSION=${is}`, '--build-arg', `REVISION=${git('rev-parse', 'HEAD')}`];
  const proofs = ['--sbom=true', '--provenance=mode=max', '--platform', 'linux/amd64,linux/arm64'];
  const target = push ? ['--push', '--metadata-file', join(folder, 'image.json')] : ['--output', 'type=cacheonly'];
  const remedy = 'the image is built by Docker with buildx; `npm run image:rootfs -- DIR` lays out its files without';
  machine('docker', ['buildx', 'build', ...proofs, ...labels, ...target, '--tag', `${registry}/spanferry:${is}`, '.'], remedy);
}

async function sign(): Promise<void> {
  const remedy = 'https://docs.sigstore.dev has it';
  const sums = join(folder, 'SHA256SUMS');
  machine('cosign', ['sign-blob', '--yes', '--bundle', `${sums}.sigstore.json`, sums], remedy);
  const pushed = await readFile(join(folder, 'image.json'), 'utf8').catch(() => undefined);
  if (pushed === undefined) return console.log('no image was pushed from here: only the checksums are signed');
  const { 'containerimage.digest': digest } = JSON.parse(pushed) as { readonly 'containerimage.digest': string };
  machine('cosign', ['sign', '--yes', '--recursive', `${registry}/spanferry@${digest}`], remedy);
}

function login(): void {
  const { REGISTRY_USER: user, REGISTRY_TOKEN: token } = process.env;
  if (!user || !token) throw new Error('set REGISTRY_USER and REGISTRY_TOKEN');
  // The token goes in through standard input: arguments are everybody's to read.
  const [host = ''] = registry.split('/');
  for (const program of ['docker', 'cosign']) {
    const { error, status } = spawnSync(program, ['login', host, '--username', user, '--password-stdin'], {
      input: token,
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    if (error || status !== 0) throw new Error(`${program} could not log in to ${host}`);
  }
}

async function publish(): Promise<void> {
  const is = version();
  const helm = await prepareTool('helm');
  if (!helm.ok) throw new Error(helm.why);
  machine(join(helm.found.folder, 'helm'), ['push', join(folder, `spanferry-${is}.tgz`), `oci://${registry}/charts`], 'it was prepared');
  const list = await readdir(folder);
  const text = notes(await readFile(join(root, 'CHANGELOG.md'), 'utf8'), is);
  const assets = list.filter((name) => name !== 'image.json').map((name) => join(folder, name));
  machine('gh', ['release', 'create', `v${is}`, '--verify-tag', '--notes', text, ...assets], 'https://cli.github.com has it');
  machine('npm', ['publish', '--provenance', '--access', 'public', join(folder, `spanferry-npm-${is}.tgz`)], 'it comes with Node');
}

const steps: Readonly<Record<string, () => unknown>> = {
  version: () => console.log(version()),
  notes: async () => console.log(notes(await readFile(join(root, 'CHANGELOG.md'), 'utf8'), version())),
  files,
  image,
  sign,
  login,
  publish,
};

const chosen = steps[what];
if (!chosen || flags.some((flag) => flag !== '--push')) {
  console.error(usage);
  process.exit(2);
}
try {
  await chosen();
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 1;
}
