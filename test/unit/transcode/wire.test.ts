import { describe, expect, test } from 'vitest';
import { fields } from '../../../src/transcode/wire/fields.ts';
import { readId, repairId, SPAN_ID, TRACE_ID } from '../../../src/transcode/wire/id.ts';
import { fromSeconds, parsed, parseInteger } from '../../../src/transcode/wire/integer.ts';
import { Writer } from '../../../src/transcode/wire/writer.ts';

const integer = (text: string, signed: boolean): bigint | undefined => {
  if (!parseInteger(Buffer.from(text), 0, text.length, signed)) return undefined;
  const value = (BigInt(parsed.high) << 32n) | BigInt(parsed.low);
  return signed ? BigInt.asIntN(64, value) : value;
};

describe('integers from text', () => {
  test.each([
    '0',
    '1',
    '999999999',
    '1000000000',
    '4294967295',
    '4294967296',
    '9007199254740993',
    '1544712660000000001',
    '9223372036854775807',
  ])('%s is exact, and so is its negative', (text) => {
    expect(integer(text, true)).toBe(BigInt(text));
    expect(integer(`-${text}`, true)).toBe(-BigInt(text));
  });

  test.each([
    ['18446744073709551615', 18446744073709551615n],
    ['18446744073709551616', undefined],
    ['99999999999999999999', undefined],
    ['184467440737095516150', undefined],
    ['000000000000000000000000001', 1n],
    ['-1', undefined],
    ['1e19', 10000000000000000000n],
    ['1e20', undefined],
    ['1e99999', undefined],
    ['1.50e1', 15n],
    ['1.5', undefined],
    ['0e5', 0n],
    ['', undefined],
    ['-', undefined],
    ['1x', undefined],
  ])('%j without a sign is %s', (text, expected) => {
    expect(integer(text, false)).toBe(expected);
  });

  test('9223372036854775808 is in range only below zero', () => {
    expect(integer('9223372036854775808', true)).toBeUndefined();
    expect(integer('-9223372036854775808', true)).toBe(-9223372036854775808n);
    expect(integer('-9223372036854775809', true)).toBeUndefined();
  });

  test('seconds and nanoseconds join exactly', () => {
    expect(fromSeconds(1740761473, 123456789)).toBe(true);
    expect((BigInt(parsed.high) << 32n) | BigInt(parsed.low)).toBe(1740761473123456789n);
    expect(fromSeconds(-1, 0)).toBe(false);
  });
});

describe('ids', () => {
  const out = new Uint8Array(16);
  const read = (text: string, size: number): string => readId(Buffer.from(text), 0, text.length, size, out);

  test.each([
    ['', TRACE_ID, 'absent'],
    ['0'.repeat(32), TRACE_ID, 'zero'],
    ['AAAAAAAAAAAAAAAAAAAAAA==', TRACE_ID, 'zero'],
    ['g'.repeat(32), TRACE_ID, 'alphabet'],
    ['a'.repeat(31), TRACE_ID, 'length'],
    ['a'.repeat(24), TRACE_ID, 'length'],
    [`${'a'.repeat(23)}=`, TRACE_ID, 'length'],
    ['a'.repeat(22), TRACE_ID, 'ok'],
    ['a'.repeat(16), SPAN_ID, 'ok'],
    ['a'.repeat(11), SPAN_ID, 'ok'],
    [`${'a'.repeat(11)}=`, SPAN_ID, 'ok'],
    ['a'.repeat(12), SPAN_ID, 'length'],
    ['====', SPAN_ID, 'length'],
  ])('%j of %d bytes: %s', (text, size, expected) => {
    expect(read(text, size)).toBe(expected);
  });

  test('bytes of another size are only accepted where they were hex once', () => {
    const noise = Buffer.alloc(24, 0xfb);
    expect(repairId(noise, 0, 24, TRACE_ID, out)).toBe('length');
    const hex = '0af7651916cd43dd8448eb211c80319c';
    expect(repairId(Buffer.from(hex, 'base64'), 0, 24, TRACE_ID, out)).toBe('ok');
    expect(Buffer.from(out).toString('hex')).toBe(hex);
  });
});

describe('the writer', () => {
  test.each([0, 1, 127, 128, 16_383, 16_384, 2_097_152])('puts a length of %d in front of a message', (size) => {
    const writer = new Writer(16);
    const mark = writer.open(0x0a);
    writer.raw(new Uint8Array(size).fill(7));
    writer.close(mark);
    const [field] = fields(writer.copy());
    expect(field).toMatchObject({ number: 1, wire: 2 });
    expect((field?.to ?? 0) - (field?.from ?? 0)).toBe(size);
  });

  test('writes negative numbers in ten bytes', () => {
    const writer = new Writer(1);
    writer.varint64(0xffffffff, 0xffffffff);
    expect(Buffer.from(writer.copy()).toString('hex')).toBe('ffffffffffffffffff01');
  });
});
