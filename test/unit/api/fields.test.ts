import { describe, expect, test } from 'vitest';
import { clip, endpointUrl } from '../../../src/api/fields.ts';
import { celString } from '../../../src/api/rule.ts';
import { random as randomOf, seedOf } from '../../support/random.ts';

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
  test.each([
    'http://a',
    'https://a.b:443/',
    'http://[::1]:4318',
    'http://[fd00:a::7]',
    'http://[1:2:3:4:5:6:7:8]',
    'http://[::ffff:10.0.0.7]',
    'http://127.0.0.1:9000/v1/traces',
    'https://0xa.internal',
    'https://a/p@q;x=1',
  ])('may be %s', (url) => {
    expect(endpointUrl('').safeParse(url).success).toBe(true);
  });

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
    'http://[fd00:7]',
    'http://[fd00::99999]',
    'http://[1:2:3:4:5:6:7:8:9]',
    'http://[]',
    'http://a.0x7',
    'http://0xA9FEA9FE',
    'http://1.2.3',
  ])('is not %j', (url) => {
    expect(endpointUrl('').safeParse(url).success).toBe(false);
  });
});

test('whatever is taken for an endpoint is a URL', () => {
  const seed = seedOf();
  const random = randomOf(seed);
  const pieces = [
    '0',
    '19',
    '255',
    '256',
    'a',
    'fd00',
    'x',
    'X',
    'z',
    '0x',
    '.',
    '.',
    '-',
    '_',
    ':',
    '::',
    ':9000',
    '/',
    '%',
    'A',
    'xn--',
    '12345',
  ];
  const address = [':', '::', 'a1', 'ffff', '1', '12345', '1.2.3.4', '.'];
  const some = (of: readonly string[]) => Array.from({ length: 1 + random.int(9) }, () => random.pick(of)).join('');
  for (let n = 0; n < 20_000; n++) {
    const url = `http://${random.next() < 0.3 ? `[${some(address)}]` : some(pieces)}`;
    if (endpointUrl('').safeParse(url).success) expect(URL.canParse(url), `seed ${seed}: ${url}`).toBe(true);
  }
});

test('a pattern survives as a string of CEL', () => {
  expect(celString("^\\d+'$")).toBe("'^\\\\d+\\'$'");
});
