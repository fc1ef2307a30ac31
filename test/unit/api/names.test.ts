import { describe, expect, test } from 'vitest';
import { recordName, segmentName } from '../../../src/api/names.ts';

const dns1123 = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const identity = ['s3://acme-traces', 'agents/prod/run-1.json', '"9b2cf535f27731c974343645a3985328"'];

/** Names as long as Kubernetes allows, with a dot or a hyphen wherever the cut may fall. */
const longNames = ['a'.repeat(253), `${'a.'.repeat(126)}a`, `${'a-'.repeat(126)}a`, `${'a--'.repeat(84)}a`];

describe('the name of a record', () => {
  test('starts with the name of its source, for people', () => {
    expect(recordName('checkout-agents', identity)).toMatch(/^checkout-agents-[0-9a-f]{24}$/);
  });

  test('is the same for the same file and another for another version', () => {
    expect(recordName('a', identity)).toBe(recordName('a', [...identity]));
    expect(recordName('a', identity)).not.toBe(recordName('a', [...identity.slice(0, 2), '"2"']));
  });

  test('tells apart parts that read alike when joined', () => {
    expect(recordName('a', ['ab', 'c'])).not.toBe(recordName('a', ['a', 'bc']));
    expect(recordName('a', ['k\ud800'])).not.toBe(recordName('a', ['k\ufffd']));
  });

  test('does not change between versions of the operator', () => {
    expect(recordName('checkout-agents', identity)).toMatchInlineSnapshot(`"checkout-agents-1af0dad10d89e190400599a1"`);
  });
});

describe('the name of a segment', () => {
  test('is the name of its source and its number', () => {
    expect(segmentName('checkout-agents', 0)).toBe('checkout-agents-0');
  });
});

describe.each(longNames)('a source with a long name (%s)', (source) => {
  test('has records and segments with legal names', () => {
    for (const name of [recordName(source, identity), segmentName(source, 0), segmentName(source, Number.MAX_SAFE_INTEGER)]) {
      expect(name.length).toBeLessThanOrEqual(253);
      expect(name).toMatch(dns1123);
    }
  });

  test('shares no name with a source whose name differs only at the end', () => {
    const other = `${source.slice(0, -1)}b`;
    expect(recordName(source, identity)).not.toBe(recordName(other, identity));
    expect(segmentName(source, 0)).not.toBe(segmentName(other, 0));
  });
});
