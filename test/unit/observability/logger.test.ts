import { describe, expect, test } from 'vitest';
import { Failed } from '../../../src/api/failure.ts';
import { type Log, logger } from '../../../src/observability/logger.ts';

function listening(level?: 'debug' | 'info'): {
  readonly log: Log;
  readonly lines: string[];
  readonly last: () => Record<string, unknown>;
} {
  const lines: string[] = [];
  const to = { write: (line: string) => void lines.push(line) };
  const log = logger({ to, fields: { replica: 'spanferry-0' }, ...(level ? { level } : {}) });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') };
}

describe('the log', () => {
  test('is one line of JSON per event: level, time, message, and fields', () => {
    const { log, lines, last } = listening();
    log.with({ controller: 'sources' }).info('scan completed', { source: 'ml-platform/checkout-agents', listed: 1_204 });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.indexOf('\n')).toBe(lines[0]!.length - 1);
    expect(last()).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      message: 'scan completed',
      replica: 'spanferry-0',
      controller: 'sources',
      source: 'ml-platform/checkout-agents',
      listed: 1_204,
    });
  });

  test('leaves out what is below its level', () => {
    const { log, lines } = listening();
    log.debug('page listed');
    expect(lines).toEqual([]);
    const verbose = listening('debug');
    verbose.log.debug('page listed');
    expect(verbose.lines).toHaveLength(1);
  });

  const hidden: readonly [what: string, fields: Record<string, unknown>][] = [
    ['a secret by its name', { secretAccessKey: 'wJalrXUtnFEMI' }],
    ['a token deep in an object', { destination: { headers: { Authorization: 'Bearer wJalrXUtnFEMI' } } }],
    ['a token in a list', { headers: [{ token: 'wJalrXUtnFEMI' }] }],
    ['a bearer token in a text', { answer: 'sent Authorization: Bearer wJalrXUtnFEMI' }],
    ['the query of a presigned URL', { url: 'https://acme.s3.amazonaws.com/a?X-Amz-Signature=wJalrXUtnFEMI&x=1' }],
    ['a password in a URL', { url: 'https://user:wJalrXUtnFEMI@proxy.internal:3128/' }],
    ['a SAS', { message2: 'sv=2024&sig=wJalrXUtnFEMI%3D&se=2026' }],
    ['an account key', { text: 'DefaultEndpointsProtocol=https;AccountKey=wJalrXUtnFEMI==;' }],
    ['a private key', { pem: '-----BEGIN PRIVATE KEY-----\nwJalrXUtnFEMI\n-----END PRIVATE KEY-----' }],
    ['a JSON web token', { text: 'got eyJhbGciOiJSUzI1NiJ9.wJalrXUtnFEMI.sig' }],
    ['what an error of a client carries', { error: Object.assign(new Error('refused'), { request: { headers: { a: 'wJalrXUtnFEMI' } } }) }],
    ['the message of an error', { error: new Error('GET https://x.example/?sig=wJalrXUtnFEMI') }],
    ['the cause of an error', { error: new Error('failed', { cause: new Error('Bearer wJalrXUtnFEMI') }) }],
    ['bytes', { body: Buffer.from('wJalrXUtnFEMI') }],
  ];
  test.each(hidden)('hides %s', (_what, fields) => {
    const { log, lines } = listening();
    log.error('something failed', fields);
    expect(lines[0]).not.toContain('wJalrXUtnFEMI');
    log.with(fields).error('something failed');
    expect(lines[1]).not.toContain('wJalrXUtnFEMI');
  });

  test('keeps what only sounds like a secret', () => {
    const { log, last } = listening();
    log.info('probe', { secretRef: 's3-keys', tokens_total: 3, key: 'agents/prod/a.json' });
    expect(last()).toMatchObject({ secretRef: 's3-keys', tokens_total: 3, key: 'agents/prod/a.json' });
  });

  test('a failure of ours is told in its words; an error that nobody foresaw also says where it came from', () => {
    const { log, last } = listening();
    log.warn('cannot renew', { error: new Failed({ reason: 'Throttled', message: 'asked to wait' }) });
    expect(last().error).toEqual({ name: 'Failed', message: 'Throttled: asked to wait' });
    log.error('mistake', { error: new TypeError('undefined is not a function') });
    expect(last().error).toMatchObject({ name: 'TypeError', stack: expect.stringContaining('logger.test') });
  });

  test('survives cycles, endless texts and values that JSON does not know', () => {
    const cycle: Record<string, unknown> = { count: 3n };
    cycle.self = cycle;
    const { log, lines } = listening();
    log.info('odd', { cycle, text: 'x'.repeat(1_000_000), when: new Date(0), list: Array.from({ length: 10_000 }, () => 1) });
    expect(lines[0]!.length).toBeLessThan(10_000);
  });
});
