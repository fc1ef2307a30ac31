import { describe, expect, test } from 'vitest';
import { clip, endpointUrl } from '../../../src/api/fields.ts';
import { celString } from '../../../src/api/rule.ts';

describe('a text for status', () => {
  test('is left alone where it fits', () => {
    expect(clip('ok', 2)).toBe('ok');
  });

  test('shows that it was cut', () => {
    expect(clip('abcdef', 4)).toBe('abc…');
    expect(clip('a'.repeat(3_000))).toHaveLength(2_000);
  });

  test('never ends in half a character', () => {
    expect(clip('ab🙂cd', 4)).toBe('ab…');
    expect(clip('a🙂cd', 4)).toBe('a🙂…');
  });
});

describe('an endpoint', () => {
  test.each(['http://a', 'https://a.b:443/', 'http://[::1]:4318', 'http://127.0.0.1:9000/v1/traces', 'https://a/p@q;x=1'])(
    'may be %s',
    (url) => {
      expect(endpointUrl('').safeParse(url).success).toBe(true);
    },
  );

  test.each([
    '',
    'a:80',
    'http:/a',
    'HTTP://a',
    'http://a b',
    'http://u@a',
    'http://a?q',
    'http://a#f',
    'http://a\n',
    'http://a/\u00a0',
    'http://ä',
  ])('is not %j', (url) => {
    expect(endpointUrl('').safeParse(url).success).toBe(false);
  });
});

test('a pattern survives as a string of CEL', () => {
  expect(celString("^\\d+'$")).toBe("'^\\\\d+\\'$'");
});
