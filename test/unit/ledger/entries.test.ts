import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../../src/ledger/codec.ts';
import { countOf, type Entry, failuresOf, find, hasKey, merged, noEntries, sorted, withoutFailures } from '../../../src/ledger/entries.ts';
import { identities, identityText } from '../../../src/ledger/identity.ts';

const inBucket = identities({ kind: 's3', endpoint: 'amazonaws.com', bucket: 'acme-traces' });
const entry = (key: string, version: string, outcome: Entry['outcome'] = 'completed'): Entry => ({
  ...inBucket({ key, version }),
  outcome,
});

const morning = [entry('agents/1.json', 'a'), entry('agents/2.json', 'b', 'failed'), entry('agents/3.json', 'c')];

describe('the identity of a file', () => {
  test('is the same for the same place, key and version', () => {
    expect(identityText(inBucket({ key: 'k', version: 'v' }))).toBe(identityText(inBucket({ key: 'k', version: 'v' })));
  });

  test.each([
    ['another key', 's3', 'amazonaws.com', 'acme-traces', 'other', 'v'],
    ['another version', 's3', 'amazonaws.com', 'acme-traces', 'k', 'w'],
    ['another bucket', 's3', 'amazonaws.com', 'acme', 'k', 'v'],
    ['another endpoint', 's3', 'ceph.internal', 'acme-traces', 'k', 'v'],
    ['another kind of store', 'gcs', 'amazonaws.com', 'acme-traces', 'k', 'v'],
  ])('%s makes another identity', (_what, kind, endpoint, bucket, key, version) => {
    const other = identities({ kind, endpoint, bucket })({ key, version });
    expect(identityText(other)).not.toBe(identityText(inBucket({ key: 'k', version: 'v' })));
  });

  test('new content under an old key shares the part that stands for the key', () => {
    expect(hasKey(sorted([entry('k', 'v')]), inBucket({ key: 'k', version: 'w' }))).toBe(true);
    expect(hasKey(sorted([entry('k', 'v')]), inBucket({ key: 'l', version: 'v' }))).toBe(false);
  });
});

describe('a set of entries', () => {
  test('finds exactly what was put in', () => {
    const entries = sorted(morning);
    expect(find(entries, inBucket({ key: 'agents/2.json', version: 'b' }))).toBe('failed');
    expect(find(entries, inBucket({ key: 'agents/3.json', version: 'c' }))).toBe('completed');
    expect(find(entries, inBucket({ key: 'agents/3.json', version: 'd' }))).toBeUndefined();
    expect(find(noEntries, inBucket({ key: 'agents/3.json', version: 'd' }))).toBeUndefined();
  });

  test('of two outcomes of one file the newer counts', () => {
    const retried = sorted([entry('agents/2.json', 'b', 'completed')]);
    expect(failuresOf(merged(sorted(morning), retried))).toBe(0);
    expect(failuresOf(merged(retried, sorted(morning)))).toBe(1);
    expect(countOf(merged(sorted(morning), retried))).toBe(3);
  });

  test('forgiven failures are as if they had never been', () => {
    const entries = withoutFailures(sorted(morning));
    expect(countOf(entries)).toBe(2);
    expect(find(entries, inBucket({ key: 'agents/2.json', version: 'b' }))).toBeUndefined();
  });

  test('survives being written down', () => {
    const entries = sorted(Array.from({ length: 1_000 }, (_, n) => entry(`k${n}`, `v${n}`, n % 7 === 0 ? 'failed' : 'completed')));
    expect(decode('sorted96', 1_000, encode(entries))).toEqual(entries);
  });

  test.each([
    ['an unknown codec', () => decode('zip', 0, ''), 'written in "zip"'],
    ['data that was cut', () => decode('sorted96', 3, encode(sorted(morning)).slice(0, 20)), 'should hold 3 entries'],
  ])('%s is told, not guessed', (_what, read, message) => {
    expect(read).toThrow(message);
  });
});
