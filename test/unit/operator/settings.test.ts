import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readGiven } from '../../../src/operator/files.ts';
import { parseSettings } from '../../../src/operator/settings.ts';

describe('a wrong setting stops the start with a sentence', () => {
  test.each<[args: string[], sentence: string]>([
    [['--role', 'boss'], '--role: write all, manager or worker'],
    [['--concurrency', 'many'], '--concurrency: write a whole number'],
    [['--concurrency', '1.5'], '--concurrency: write a whole number'],
    [['--concurrency', '0'], '--concurrency: at least 1'],
    [['--concurrency='], '--concurrency: give it a value, or leave it out'],
    [['--namespaces', 'ml,Search'], '--namespaces: write names of namespaces, as ml-platform,search'],
    [['--threads', '65'], '--threads: at most 64'],
    [['--api-writes-per-second', '0'], '--api-writes-per-second: at least 1'],
    [['--memory-budget-mb', '1'], '--memory-budget-mb: at least 16'],
    [['--max-batch-bytes', '1'], '--max-batch-bytes: at least 65536'],
    [['--max-expansion-ratio', '1'], '--max-expansion-ratio: at least 2'],
    [['--collector-endpoint', 'ftp://x'], '--collector-endpoint: write a URL such as http://otel-collector:4318'],
    [['--collector-compression', 'lz4'], '--collector-compression: write None, Zstd or Gzip'],
    [['--sts-endpoint', 'x'], '--sts-endpoint: write a URL such as https://sts.eu-west-1.amazonaws.com'],
    [['--listen', '8080'], '--listen: write host:port, such as 0.0.0.0:8080'],
    [['--listen', '127.0.0.1:99999'], '--listen: a port is at most 65535'],
    [['--drain', 'soon'], '--drain: write a time as 90s, 15m or 12h'],
    [['--log-level', 'loud'], '--log-level: write debug, info, warn, error'],
    [['--allow-loopback', 'maybe'], '--allow-loopback: write true or false'],
    [['--bogus', '1'], "Unknown option '--bogus': `spanferry operator --help` lists the flags"],
    [['stray'], "Unexpected argument 'stray': `spanferry operator --help` lists the flags"],
  ])('%j', (args, sentence) => {
    expect(parseSettings(args, {})).toEqual({ ok: false, sentences: [sentence] });
  });

  test('all at once, under the name by which each was given', () => {
    expect(parseSettings(['--threads', '0'], { SPANFERRY_LOG_LEVEL: 'loud' })).toEqual({
      ok: false,
      sentences: ['--threads: at least 1', 'SPANFERRY_LOG_LEVEL: write debug, info, warn, error'],
    });
  });
});

test('a flag goes before its variable, and a variable before the default', () => {
  const parsed = parseSettings(['--threads', '2', '--allow-loopback'], { SPANFERRY_THREADS: '3', SPANFERRY_CONCURRENCY: '4' });
  expect(parsed).toMatchObject({ settings: { threads: 2, concurrency: 4, memoryBudgetMb: 256, allowLoopback: true, drain: 25_000 } });
});

test('namespaces are a list, and none means all of them', () => {
  expect(parseSettings(['--namespaces', 'ml-platform, search,ml-platform'], {})).toMatchObject({
    settings: { namespaces: ['ml-platform', 'search'] },
  });
  expect(parseSettings([], {})).toMatchObject({ settings: { namespaces: [] } });
});

describe('a file that settings name', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spanferry-settings-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const fileWith = (text: string): string => {
    const path = join(folder, 'file');
    writeFileSync(path, text);
    return path;
  };

  test.each([
    [
      'an unknown key',
      'namespaces: {"*": {bucket: [x]}}',
      /^--policy-file: \S+: the policy file is wrong at namespaces\.\*: there is no key bucket; the keys are buckets, roleArns, destinations, operatorIdentity$/,
    ],
    ['no namespaces', 'team-a: {}', /at its top: write `namespaces:`, and below it the rules of each namespace$/],
    [
      'nothing for a namespace',
      'namespaces: {team-a: }',
      /at namespaces\.team-a: write a mapping with the keys .*; {} where all is allowed$/,
    ],
    [
      'two mistakes',
      'namespaces: {a: {buckets: x, operatorIdentity: no}}',
      /a\.buckets: write a list.*; at .*Identity: write true or false$/,
    ],
    ['not a mapping', 'hello', /^--policy-file: \S+: the policy file is wrong at its top: [^\n]+$/],
    ['broken YAML', 'namespaces: {', /^--policy-file: \S+: the policy file is no YAML: [^\n]+$/],
    ['nothing', '', /^--policy-file: \S+: the policy file is wrong at its top: [^\n]+$/],
  ])('stops the start with a sentence where a policy holds %s', (_what, text, sentence) => {
    const read = readGiven({ policyFile: fileWith(text), collectorCaFile: undefined });
    expect(read).toEqual({ ok: false, sentences: [expect.stringMatching(sentence)] });
  });

  test('stops the start where it is a folder', () => {
    expect(readGiven({ policyFile: folder, collectorCaFile: undefined })).toMatchObject({
      sentences: [`--policy-file: ${folder} is a folder`],
    });
  });

  test('stops the start where it is not there or holds no certificate', () => {
    expect(readGiven({ policyFile: join(folder, 'none'), collectorCaFile: fileWith('hello') })).toEqual({
      ok: false,
      sentences: [
        expect.stringMatching(/^--policy-file: there is no file .*none$/),
        expect.stringMatching(/^--collector-ca-file: \S+: the file holds no certificate in PEM$/),
      ],
    });
  });
});
