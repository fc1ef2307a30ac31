import { describe, expect, test } from 'vitest';
import { seeded } from '../../../../bench/corpora/random.ts';
import { runSpans, span } from './driver.ts';

/** The double that the kernel makes of a text, or nothing when it declines. */
function doubleOf(text: string): number | undefined {
  const json = JSON.stringify(span()).replace(/}$/, `,"attributes":[{"key":"k","value":{"doubleValue":${text}}}]}`);
  const told = runSpans(`${json}]`);
  if (told.why !== 'end') return undefined;
  return new DataView(told.bytes.buffer).getFloat64(told.bytes.length - 8, true);
}

function intOf(text: string): string | undefined {
  const json = JSON.stringify(span()).replace(/}$/, `,"attributes":[{"key":"k","value":{"intValue":${text}}}]}`);
  const told = runSpans(`${json}]`);
  if (told.why !== 'end') return undefined;
  return JSON.stringify(told.spans[0]?.attributes);
}

const asInt = (value: string) => JSON.stringify([{ key: 'k', value: { intValue: value } }]);

const halves = new Set(['9007199254740993', '1e23']);

describe('doubles are those of a correct reader, to the last bit', () => {
  test.each([
    '0',
    '-0',
    '0.0',
    '1',
    '-1',
    '0.1',
    '0.2',
    '0.3',
    '1.5',
    '3.141592653589793',
    '1e0',
    '1E+2',
    '1e-2',
    '123456789012345678',
    '9007199254740992',
    '9007199254740993',
    '9007199254740994',
    '9007199254740995',
    '0.1234567890123456',
    '1750000000.1234567',
    '1e22',
    '1e23',
    '8.5e22',
    '2.2250738585072014e-45',
    '1.7976931348623157e60',
    '4.35',
    '0.000001',
    '5e-20',
    '123e-23',
    '9999999999999999999',
    '0.30000000000000004',
    '179769313486231580793e-3',
    '2.71828182845904523',
    '100000000000000000000',
    '0.00000000000000000000000012345678901234567',
    '1e64',
    '1e-64',
  ])('%s', (text) => {
    const read = doubleOf(text);
    // Declining is always right: exact halves, and more than 19 digits.
    if (!halves.has(text) && text.replace(/e.*/i, '').replace(/^-?[0.]*|\./g, '').length <= 19) expect(read).toBeDefined();
    if (read !== undefined) expect(read).toBe(JSON.parse(text));
  });

  test('over many of every size and length', () => {
    const seed = 20_261_120;
    const random = seeded(seed);
    let taken = 0;
    for (let i = 0; i < 20_000; i++) {
      const digits = Array.from({ length: 1 + random.below(19) }, () => random.below(10))
        .join('')
        .replace(/^0+(?=.)/, '');
      const point = random.below(3) === 0 ? '' : `.${Array.from({ length: 1 + random.below(18) }, () => random.below(10)).join('')}`;
      const exponent = random.below(2) === 0 ? '' : `e${random.pick(['', '-', '+'] as const)}${random.below(70)}`;
      const text = `${random.pick(['', '-'] as const)}${digits}${point}${exponent}`;
      const read = doubleOf(text);
      if (read === undefined) continue;
      taken++;
      expect({ seed, text, read }).toEqual({ seed, text, read: JSON.parse(text) });
    }
    expect(taken).toBeGreaterThan(8_000);
  });

  test('over the shortest text of random doubles, which a fast reader gets wrong first', () => {
    const seed = 7;
    const random = seeded(seed);
    const view = new DataView(new ArrayBuffer(8));
    let taken = 0;
    for (let i = 0; i < 20_000; i++) {
      view.setUint32(0, (random.below(2) << 31) | ((1023 - 180 + random.below(360)) << 20) | random.below(1 << 20));
      view.setUint32(4, random.below(2 ** 32));
      const value = view.getFloat64(0);
      const read = doubleOf(JSON.stringify(value));
      if (read === undefined) continue;
      taken++;
      expect({ seed, read }).toEqual({ seed, read: value });
    }
    expect(taken).toBeGreaterThan(18_000);
  });

  test.each([
    '',
    '-',
    '.5',
    '1.',
    '01',
    '-01',
    '+1',
    '1e',
    '1e+',
    '0x1',
    'NaN',
    'Infinity',
    '"NaN"',
    '1e400',
    '1e-400',
    '1.2.3',
    '--1',
    '1e99999999999',
  ])('and %j is not for the kernel', (text) => {
    expect(doubleOf(text)).toBeUndefined();
  });
});

describe('whole numbers are exact', () => {
  test.each([
    '0',
    '7',
    '42',
    '-1',
    '12345678',
    '123456789',
    '1234567890123456',
    '12345678901234567',
    '9007199254740993',
    '-9007199254740993',
    '9223372036854775807',
    '-9223372036854775808',
    '1750000000000000001',
  ])('%s, as number and in quotes', (text) => {
    expect(intOf(text)).toBe(asInt(text));
    expect(intOf(`"${text}"`)).toBe(asInt(text));
  });

  test('minus zero is zero', () => {
    expect(intOf('-0')).toBe(asInt('0'));
  });

  test('over random ones of every length', () => {
    const seed = 11;
    const random = seeded(seed);
    for (let i = 0; i < 5_000; i++) {
      const text = `${random.pick(['', '-'] as const)}${1 + random.below(9)}${Array.from({ length: random.below(18) }, () => random.below(10)).join('')}`;
      expect({ seed, text, read: intOf(text) }).toEqual({ seed, text, read: asInt(text) });
    }
  });

  test.each([
    '"',
    '""',
    '"-"',
    '-',
    '"1',
    '1"',
    '"01"',
    '"+1"',
    '" 1"',
    '"1 "',
    '1.0',
    '"1e3"',
    '1e3',
    '9223372036854775808',
    '"99999999999999999999"',
    '0x10',
    '"0x10"',
    '12a',
  ])('%s is not for the kernel', (text) => {
    expect(intOf(text)).toBeUndefined();
  });
});
