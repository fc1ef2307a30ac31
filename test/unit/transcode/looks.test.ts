import { describe, expect, test } from 'vitest';
import { looksLike } from '../../../src/transcode/intake/looks.ts';
import { isFramed } from '../../../src/transcode/intake/unframe.ts';

describe('what a file looks like that is no trace file', () => {
  test.each([
    ['<!DOCTYPE html><html>', 'an HTML page'],
    ['<HTML>', 'an HTML page'],
    ['<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code></Error>', 'an S3 error document: NoSuchKey'],
    ['<?xml version="1.0"?><note/>', 'XML'],
    ['a,b,c\n1,2,3\n', 'CSV'],
    ['a\tb\tc\n1\t2\t3\n', 'tab-separated values'],
    ['Dear all,\nhello', 'text'],
    ['PK\x03\x04rest', 'a ZIP archive'],
    ['PAR1xyz', 'a Parquet file'],
    ['\x01\x02\x03\x04', 'binary data'],
  ])('%j: %s', (content, expected) => {
    expect(looksLike(Buffer.from(content, 'latin1'))).toBe(expected);
  });
});

describe('length-prefixed messages', () => {
  test.each([
    ['protobuf behind a length', [0, 0, 1, 0, 0x0a, 5, 1, 1, 1], true],
    ['JSON behind a length', [0, 0, 1, 0, 0x7b, 0x22, 1, 1, 1], true],
    ['zstd behind a length', [0, 0, 1, 0, 0x28, 0xb5, 0x2f, 0xfd, 1], true],
    ['text', [...Buffer.from('{"resourceSpans"')], false],
    ['zeros', [0, 0, 0, 0, 0, 0, 0, 0, 0], false],
    ['too few bytes', [0, 0, 0, 2, 0x0a], false],
  ])('%s', (_what, bytes, expected) => {
    expect(isFramed(Uint8Array.from(bytes))).toBe(expected);
  });
});
