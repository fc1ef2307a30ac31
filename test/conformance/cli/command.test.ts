import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bundle, bundleCommand, bundleOperator } from '../../../hack/build/bundle.ts';
import { defaultSettings, type Input } from '../../../src/transcode/port.ts';
import { createPool } from '../../../src/transcode/threads/pool.ts';
import { command } from '../../support/cli/command.ts';
import { eventually } from '../../support/eventually.ts';
import { decodeRequest } from '../../support/traces/decode.ts';

const isThere = (shell: string): boolean => {
  const found = spawnSync(shell, ['--version']).status === 0;
  if (!found) console.warn(`SKIPPED: completion in ${shell}, because it is not installed.`);
  return found;
};

const fixtures = new URL('../../fixtures/', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'spanferry-bundle-'));
let bundle: Bundle;
/** The one file, alone in a folder, as somebody would copy it. */
let program: string;

beforeAll(async () => {
  bundle = await bundleCommand(join(folder, 'dist'));
  mkdirSync(join(folder, 'alone'));
  program = join(folder, 'alone', 'spanferry.mjs');
  copyFileSync(bundle.file, program);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]) => command(program, { args });
const agent = `${fixtures}views/langgraph-agent.json`;

describe('the one file', () => {
  test('has the command line, transcode and what is below it inside, and no package but commander', () => {
    const inputs = Object.keys(bundle.metafile.inputs);
    const rooms = new Set(inputs.filter((input) => input.startsWith('src/')).map((input) => input.split('/')[1]));
    const packages = new Set(inputs.filter((input) => input.startsWith('node_modules/')).map((input) => input.split('/')[1]));
    expect([...rooms].sort()).toEqual(['api', 'cli', 'main.ts', 'std', 'transcode']);
    expect([...packages]).toEqual(['commander']);
  });

  /** Packages of a part, by the file whose import() loads it. */
  const packagesOf = (entry: string): readonly string[] => {
    const part = bundle.parts.flatMap(({ outputs }) => Object.values(outputs)).find(({ entryPoint }) => entryPoint === entry);
    return Object.keys(part?.inputs ?? {}).filter((input) => input.startsWith('node_modules/'));
  };
  const clouds = /@aws-sdk|@smithy|@azure|google-auth/;

  test('has what talks to a cluster packed inside: of client-node the part that reads a kubeconfig, of undici what connects', () => {
    const packages = packagesOf('src/cli/cluster/cluster.ts');
    expect(
      packages.filter((input) =>
        /client-node\/dist\/gen\/|undici\/lib\/(mock|cache|interceptor|web\/websocket)\/|zod\/v4\/locales\/(?!en)/.test(input),
      ),
    ).toEqual([]);
    expect(packages.filter((input) => /client-node\/dist\/config\.js$/.test(input))).toHaveLength(1);
  });

  test('of undici has all that is imported of it', () => {
    const texts = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join('src', file), 'utf8'));
    const imported = texts.flatMap((text) =>
      [...text.matchAll(/^import \{(.+)\} from 'undici';$/gm)].flatMap(([, names = '']) => names.split(',')),
    );
    const wanted = imported.map((name) => name.trim()).filter((name) => !name.startsWith('type '));
    const left = [...readFileSync('hack/build/trims.ts', 'utf8').matchAll(/exports\.(\w+) = require\('undici/g)].map(([, name]) => name);
    expect(new Set(wanted)).toEqual(new Set(left));
  });

  test('has the SDK of each cloud in a part of its own, which brings along nothing that is there already', () => {
    for (const entry of ['src/cli/cluster/cluster.ts', 'src/cli/objects/objects.ts'])
      expect(packagesOf(entry).filter((input) => clouds.test(input))).toEqual([]);
    const openers = bundle.parts
      .flatMap(({ outputs }) => Object.values(outputs))
      .flatMap(({ entryPoint = '' }) => /^src\/stores\/(.+)\/opener/.exec(entryPoint)?.[1] ?? []);
    expect(openers).toEqual(['azureblob', 'azuremonitor', 'cloudtrace', 'datadog', 'gcs', 's3', 'xray']);
    expect(packagesOf('src/stores/s3/opener.ts').filter((input) => /node_modules\/(undici|zod|@azure|google)/.test(input))).toEqual([]);
    expect(packagesOf('src/stores/s3/opener.ts').some((input) => clouds.test(input))).toBe(true);
    expect(packagesOf('src/stores/datadog/opener.ts')).toEqual([]);
  });

  test('loads nothing but modules of Node, and the operator only when asked', () => {
    const imports = Object.values(bundle.metafile.outputs).flatMap(({ imports }) => imports);
    const others = imports.filter(({ path }) => !path.startsWith('node:'));
    expect(others.map(({ path, kind }) => `${kind} ${path}`)).toEqual(['dynamic-import ./operator.mjs']);
  });

  test('tells in a sentence that an older Node is too old', async () => {
    // What Node 20 does not know may not be imported by name, or it ends before the first line.
    const names = Object.values(bundle.metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    expect(names).not.toContain('node:zlib');
    const older = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`;
    const env = { NODE_OPTIONS: `--import "${older}"` };
    expect(await command(program, { args: ['status'], env })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^spanferry: this needs Node 24 or newer, and runs on v\d+\.\d+\.\d+ \(\S+\)\n$/),
    });
  });

  /** Milliseconds of CPU that a command takes, the least of five runs: whatever else runs on the machine only adds to it. */
  async function cpu(...args: string[]): Promise<number> {
    const hook = `data:text/javascript,process.on('exit', () => { const { user, system } = process.cpuUsage(); process.stderr.write('cpu ' + (user + system) / 1000); })`;
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      const { err } = await command(program, { args, env: { NODE_OPTIONS: `--import "${hook}"` } });
      times.push(Number(err.split('cpu ').at(-1)));
    }
    return Math.min(...times);
  }

  test('starts in under 150 ms of CPU, and reads a file in that time', async () => {
    expect(await cpu('validate', agent)).toBeLessThan(150);
  });

  const nobody = ['--kubeconfig', '/nowhere'];
  test.each([
    ['status', 'any'],
    ['wait', 'any', '--for', 'done'],
    ['ls', 'any'],
    ['why', 'any', 'a.json'],
    ['view', 'any', 'a.json'],
    ['preview', 'any'],
  ])('%s comes to its first question to a cluster in under 250 ms of CPU', async (...args) => {
    expect((await run(...args, ...nobody)).err).toContain('there is no kubeconfig /nowhere');
    expect(await cpu(...args, ...nobody)).toBeLessThan(250);
  });

  test('what goes wrong at a store keeps its reason, although the client of the store is a part of its own', async () => {
    const place = ['s3://acme-traces/', '--endpoint', 'http://127.0.0.1:1', '--path-style', '--region', 'us-east-1'];
    const env = { AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any' };
    expect(await command(program, { args: ['preview', ...place], env })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^spanferry: EndpointUnreachable: 127\.0\.0\.1:1: connect ECONNREFUSED .*\. Check the host name, /),
    });
  });

  test('says its version, and with --help how to use it', async () => {
    expect((await run('--version')).out.toString()).toMatch(/^\d+\.\d+\.\d+\n$/);
    const commands = (await run('__complete', '--', '')).out.toString().trim().split('\n');
    expect(commands).toHaveLength(20);
    for (const each of commands.filter((name) => name !== 'operator')) {
      const { code, out } = await run(each, '--help');
      expect({ code, example: new RegExp(`Examples:\n  spanferry ${each}\\s`).test(out.toString()) }).toEqual({ code: 0, example: true });
    }
  });
});

test('the one file is the program of a transcoding thread as well', async () => {
  const pool = createPool({ threads: 1, entry: pathToFileURL(program) });
  try {
    const content = readFileSync(agent);
    const input: Input = {
      open: async function* (from) {
        yield content.subarray(from);
      },
    };
    const batches: Uint8Array[] = [];
    const summary = await pool.transcode(input, defaultSettings, ({ body }) => void batches.push(body));
    expect(summary.spans).toBe(9);
    expect((await run('convert', agent)).out.equals(Buffer.concat(batches))).toBe(true);
  } finally {
    await pool.close();
  }
});

describe('the operator', () => {
  test('lies beside it in a file of its own, and starts from there', async () => {
    await bundleOperator(join(folder, 'dist'));
    const { code, out, err } = await command(bundle.file, { args: ['operator', '--help'] });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.toString()).toMatch(/^usage: spanferry operator /);
  }, 60_000);

  test('is missed in a sentence where only the one file was copied', async () => {
    const { code, err } = await run('operator');
    expect(code).toBe(1);
    expect(err).toBe('spanferry: the operator is not part of this copy: operator.mjs should lie beside spanferry.mjs\n');
  });
});

const mistakes: readonly [sentence: string, args: readonly string[], code: number, says: RegExp][] = [
  ['no command', [], 2, /^Usage: spanferry/],
  ['an unknown command', ['valdate'], 2, /unknown command 'valdate'\n\(Did you mean validate\?\)/],
  ['an unknown option', ['view', '--fast', agent], 2, /unknown option '--fast'/],
  ['no file', ['convert'], 2, /missing required argument 'file'/],
  ['an unknown format', ['view', '--format', 'xml', agent], 2, /It is auto, otlp or monocle\./],
  ['a format that the file has not', ['convert', '--format', 'monocle', agent], 1, /^spanferry: .* \(NotATraceFile\)\. [^\n]+\n$/],
  ['a file that is not there', ['view', 'nothing.json'], 1, /^spanferry: nothing\.json: there is no such file\n$/],
  [
    'a source without a key',
    ['view', 'checkout-agents'],
    1,
    /^spanferry: checkout-agents: there is no such file; for a file of source checkout-agents name its key too\n$/,
  ],
  ['a directory', ['convert', fixtures], 1, /it is a directory; name the files in it/],
];

describe('a mistake is told in a sentence, never with a stack trace:', () => {
  test.each(mistakes)('%s', async (_sentence, args, code, says) => {
    const ended = await run(...args);
    expect(ended).toMatchObject({ code, err: expect.stringMatching(says) });
    expect(ended.err).not.toMatch(/\n\s+at /);
    expect(ended.out.length).toBe(0);
  });
});

describe('through pipes', () => {
  test('a file in standard input is converted, also where it must be read twice', async () => {
    const stdin = readFileSync(`${fixtures}traces/otlp-headers-behind-spans.json`);
    const { code, out } = await command(program, { args: ['convert', '-'], stdin });
    const expected = JSON.parse(readFileSync(`${fixtures}traces/otlp-headers-behind-spans.json.expected.json`, 'utf8'));
    expect(code).toBe(0);
    expect(JSON.parse(JSON.stringify(decodeRequest(out)))).toEqual(expected.requests[0]);
  });

  test('a screen has the width that COLUMNS says, and no colours', async () => {
    const { out } = await command(program, { args: ['view', agent], env: { COLUMNS: '140' } });
    expect(out.toString()).toBe(readFileSync(`${fixtures}screens/langgraph-agent.json.140.txt`, 'utf8'));
  });

  test('hostile text stays text', async () => {
    const hostile = `${fixtures}views/hostile.json`;
    for (const args of [
      ['view', hostile],
      ['view', '--full', hostile],
      ['view', '-o', 'json', hostile],
      ['validate', hostile],
      ['convert', '--to', 'json', hostile],
    ]) {
      expect((await run(...args)).out.toString()).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
    }
  });

  test('a reader that goes away early is not answered with an error', async () => {
    const line = readFileSync(agent);
    const child = spawn(process.execPath, [program, 'view', '--full', '-'], { stdio: 'pipe' });
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.stdin.on('error', () => {});
    // One trace id a line, so that there is far more to draw than a pipe holds.
    for (let i = 0; i < 500; i++) child.stdin.write(line.toString().replaceAll('5b8efff798038103', i.toString(16).padStart(16, 'a')));
    child.stdout.destroy();
    child.stdin.end();
    const [code] = await once(child, 'close');
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  test('a full disk is told in a sentence', async () => {
    const child = spawn('sh', ['-c', '"$0" "$1" convert "$2" > /dev/full', process.execPath, program, agent], {
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    let err = '';
    child.stderr?.on('data', (chunk) => {
      err += chunk;
    });
    const [code] = await once(child, 'close');
    expect({ code, err }).toEqual({ code: 1, err: 'spanferry: the output cannot be written: the disk is full\n' });
  });

  test('an interrupt leaves nothing behind', async () => {
    const temporary = join(folder, 'tmp');
    mkdirSync(temporary);
    const child = spawn(process.execPath, [program, 'convert', '-'], { stdio: 'pipe', env: { ...process.env, TMPDIR: temporary } });
    child.stdin.on('error', () => {});
    // More than is kept in memory, so that there is a temporary file by now.
    const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'x'.repeat(1_000) };
    const line = Buffer.from(`${JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: Array(1_000).fill(span) }] }] })}\n`);
    for (let i = 0; i < 40; i++) if (!child.stdin.write(line)) await once(child.stdin, 'drain');
    child.kill('SIGINT');
    const [code, signal] = await once(child, 'close');
    expect({ code, signal, left: readdirSync(temporary) }).toEqual({ code: null, signal: 'SIGINT', left: [] });
  });
});

test('a person at a terminal has colours', async () => {
  const child = spawn('script', ['-qec', `"${process.execPath}" "${program}" view "${agent}"`, '/dev/null'], {
    env: { PATH: process.env.PATH, TERM: 'xterm', COLUMNS: '80' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const out: Buffer[] = [];
  child.stdout.on('data', (chunk) => out.push(chunk));
  await once(child, 'close');
  const text = Buffer.concat(out).toString().replaceAll('\r\n', '\n');
  expect(text).toContain('\x1b[31m');
  expect(text.replace(/\x1b\[\d+m/g, '')).toBe(readFileSync(`${fixtures}screens/langgraph-agent.json.80.txt`, 'utf8'));
});

describe('the tabulator at a terminal', () => {
  let bin: string;
  beforeAll(() => {
    bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'spanferry'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`, { mode: 0o755 });
  });

  /** Types into an interactive shell behind a pseudo-terminal until its screen shows what is expected, and gives that screen. */
  async function typed(shell: readonly string[], lines: readonly string[], expected: RegExp): Promise<string> {
    const env = { PATH: `${bin}:${process.env.PATH}`, HOME: folder, TERM: 'xterm', PS1: '$ ', LANG: 'C.UTF-8' };
    const child = spawn('script', ['-qec', shell.join(' '), '/dev/null'], { env, cwd: folder });
    let screen = '';
    child.stdout.on('data', (chunk) => {
      screen += chunk;
    });
    try {
      // A line is typed when the one before has been taken: each ends with a word that the shell then says.
      for (const [i, line] of lines.entries()) {
        child.stdin.write(i === lines.length - 1 ? line : `${line}; echo taken-$((${i} + 100))\n`);
        if (i < lines.length - 1)
          await eventually(
            () => screen,
            (text) => text.includes(`taken-${i + 100}`),
            20_000,
          );
      }
      return await eventually(
        () => screen.replace(/\x1b(\[[0-?]*[ -/]*[@-~]|[=>])/g, ''),
        (text) => expected.test(text),
        20_000,
      );
    } finally {
      child.kill('SIGKILL');
    }
  }

  const shells: readonly [name: string, shell: readonly string[], load: readonly string[]][] = [
    ['bash', ['bash', '--norc', '-i'], ['source <(spanferry completion bash)']],
    ['zsh', ['zsh', '-f', '-i'], ['autoload -Uz compinit && compinit -u -D && source <(spanferry completion zsh)']],
  ];
  for (const [name, shell, load] of shells) {
    test.skipIf(!isThere(name))(
      `${name} completes commands, options and their words by asking the command`,
      async () => {
        await typed(shell, [...load, 'spanferry sta\t'], /spanferry status/);
        await typed(shell, [...load, 'spanferry files any --sta\t'], /files any --state/);
        await typed(shell, [...load, 'spanferry files any -o wi\t'], /any -o wide/);
      },
      60_000,
    );
  }

  test.skipIf(!isThere('fish'))('fish completes them too, and files only where there is nothing else', () => {
    const completed = (line: string) =>
      spawnSync('fish', ['-N', '-c', `spanferry completion fish | source; complete -C'${line}'`], {
        env: { PATH: `${bin}:${process.env.PATH}`, HOME: folder },
        encoding: 'utf8',
        cwd: folder,
      })
        .stdout.split('\n')
        .filter((each) => each !== '');
    expect(completed('spanferry sta')).toEqual(['status']);
    expect(completed('spanferry files any --s')).toEqual(['--since', '--sort', '--state']);
    expect(completed('spanferry files any -o ')).toEqual(['json', 'name', 'wide', 'yaml']);
    expect(completed('spanferry validate al')).toEqual(['alone/']);
  });
});
