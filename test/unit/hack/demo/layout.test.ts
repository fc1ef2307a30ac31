import { describe, expect, test } from 'vitest';
import { type Column, layout } from '../../../../hack/demo/layout.ts';
import { shellLines } from '../../../../hack/demo/screen.ts';

const columns: readonly Column[] = [
  { name: 'Name', cells: ['checkout-agents', 'billing'] },
  { name: 'Status', cells: ['3 files done, 0 under way', 'new'], least: 10 },
  { name: 'Age', cells: ['7s', '9s'], rank: 1 },
  { name: 'Location', cells: ['s3://acme-traces', 's3://b'], rank: 2 },
];
const drawn = (room: number) => layout(columns, room).map((cells) => cells.join('|').trimEnd());

describe('a table', () => {
  test('is as wide as what it says where there is room', () => {
    expect(drawn(80)).toEqual([
      'NAME           |STATUS                   |AGE|LOCATION',
      'checkout-agents|3 files done, 0 under way|7s |s3://acme-traces',
      'billing        |new                      |9s |s3://b',
    ]);
  });

  test('shrinks the elastic columns first', () => {
    expect(drawn(60)[1]).toBe('checkout-agents|3 files done, 0 und…|7s |s3://acme-traces');
  });

  test.each([
    [48, 'NAME           |STATUS       |LOCATION'],
    [40, 'NAME           |STATUS'],
    [29, 'NAME           |STATUS'],
  ])('gives up columns by their rank in %d cells', (room, header) => {
    expect(drawn(room)[0]).toBe(header);
  });

  test.each([120, 80, 60, 48, 40, 29])('fits into %d cells', (room) => {
    for (const cells of layout(columns, room)) expect(cells.join('  ').length).toBeLessThanOrEqual(room);
  });
});

describe('a command', () => {
  test('stays in one line where it fits', () => {
    expect(shellLines('kubectl get isrc', 40)).toEqual(['kubectl get isrc']);
  });

  test('goes on in the next line as the shell wants it, a flag beside its value', () => {
    expect(shellLines('aws s3api restore-object --bucket acme-traces --key agents/checkout/run-0005.json', 50)).toEqual([
      'aws s3api restore-object --bucket acme-traces \\',
      '  --key agents/checkout/run-0005.json',
    ]);
  });
});
