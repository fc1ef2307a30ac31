import { describe, expect, test } from 'vitest';
import { parseFile, parseLedger, parseSource } from '../../../src/api/parse.ts';
import { fileSpec, objectOf, type Row, rows } from '../../support/api/manifests.ts';

const parsers = { IngestionSource: parseSource, IngestionFile: parseFile, IngestionLedger: parseLedger };

const parse = (row: Row) => parsers[row.kind](objectOf(row, 'a'));

const source = (spec: unknown, more: object = {}) =>
  parseSource({ apiVersion: 'spanferry.io/v1alpha1', kind: 'IngestionSource', metadata: { name: 'a' }, spec, ...more });

describe('the parse at the edge takes what the API server takes', () => {
  test.each(rows.filter((row) => !row.refused))('$title', (row) => {
    expect(parse(row)).toMatchObject({ ok: true });
  });
});

describe('and refuses what the API server refuses', () => {
  test.each(rows.flatMap((row) => (row.refused ? [{ ...row, refused: row.refused }] : [])))('$title', (row) => {
    const parsed = parse(row);
    const failure = parsed.ok ? undefined : parsed.failure;
    expect(failure?.reason).toBe('InvalidSpec');
    expect(failure?.message).toContain(`${row.refused.at}: `);
    if (row.refused.by !== 'schema') expect(failure?.message).toContain(row.refused.says);
  });
});

describe('the parse at the edge', () => {
  test('fills in the defaults of the CRD', () => {
    const parsed = source({ store: { s3: { bucket: 'acme-traces' } } });
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        spec: {
          suspend: false,
          store: { s3: { prefix: '', forcePathStyle: false, requesterPays: false, auth: { type: 'IAMRole' } } },
          scan: { interval: '60s', include: [], exclude: [], minAge: '0s', overwritten: 'Ingest' },
          format: 'Auto',
          applicationMismatch: 'Deliver',
          retry: { maxRetries: 3 },
          history: { completed: 100, failed: 100 },
        },
        status: { observedGeneration: -1 },
      },
    });
  });

  test('a new record is Pending', () => {
    const parsed = parseFile({ apiVersion: 'spanferry.io/v1alpha1', kind: 'IngestionFile', metadata: { name: 'a' }, spec: fileSpec });
    expect(parsed).toMatchObject({ ok: true, value: { status: { state: 'Pending', attempts: 0, retries: 0 } } });
  });

  test('leaves out what only a newer operator knows', () => {
    const parsed = source(
      { store: { s3: { bucket: 'acme-traces', turbo: true } }, quantum: 1 },
      { status: { observedGeneration: 4, mood: 'good' } },
    );
    expect(parsed).toMatchObject({ ok: true, value: { status: { observedGeneration: 4 } } });
    expect(JSON.stringify(parsed)).not.toMatch(/turbo|quantum|mood/);
  });

  test('keeps the metadata that a write must give back', () => {
    const metadata = {
      name: 'a',
      namespace: 'ml',
      uid: 'u',
      resourceVersion: '7',
      generation: 3,
      annotations: { 'spanferry.io/scan': 't1' },
    };
    const parsed = source({ store: { s3: { bucket: 'acme-traces' } } }, { metadata });
    expect(parsed).toMatchObject({ ok: true, value: { metadata } });
  });

  test.each([
    ['nothing', undefined, 'the object: this field is required'],
    ['a text', 'kind: IngestionSource', 'the object: this must be an object'],
    [
      'another kind',
      { apiVersion: 'spanferry.io/v1alpha1', kind: 'Bucket', metadata: { name: 'a' }, spec: {} },
      'kind: this must be IngestionSource',
    ],
    ['another version', { apiVersion: 'spanferry.io/v9', kind: 'IngestionSource', metadata: { name: 'a' } }, 'apiVersion: this must be'],
  ])('says in a sentence what is wrong with %s', (_what, object, says) => {
    expect(parseSource(object)).toMatchObject({ ok: false, failure: { reason: 'InvalidSpec', message: expect.stringContaining(says) } });
  });

  test('names a few mistakes and counts the others', () => {
    const parsed = source({
      store: { s3: { bucket: 'Acme', region: 'x y' } },
      format: 'X',
      scan: { interval: '1s', minAge: 'y' },
      suspend: 3,
    });
    expect(parsed).toMatchObject({
      ok: false,
      failure: { message: expect.stringMatching(/^spec\.\S+: .*; spec\.\S+: .*; spec\.\S+: .*; and 3 more$/) },
    });
  });
});
