import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { checklist } from '../support/checklist.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** "row 12", "rows 34 and 37", "rows 11, 13 and 62", in anything but a comment. */
function rowsIn(text: string): readonly number[] {
  const code = text.split('\n').filter((line) => !/^\s*(\/\/|\/?\*)/.test(line));
  return [...code.join('\n').matchAll(/\brows? (\d+(?:(?:, | and )\d+)*)/g)].flatMap(([, numbers = '']) =>
    numbers.split(/\D+/).map(Number),
  );
}

const named = new Set(
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !file.endsWith('checklist.test.ts'))
    .flatMap((file) => rowsIn(readFileSync(`${folder}/${file}`, 'utf8'))),
);

test('numbers are read out of the names of tests', () => {
  expect(rowsIn("test('rows 11, 13 and 62: one thing, and row 7: another', …)")).toEqual([11, 13, 62, 7]);
  expect(rowsIn("  // row 5 comes later\n  ['row 23', 'otlp.json']")).toEqual([23]);
});

test.each(Object.entries(checklist))('row %s has a test that names it: %s', (row) => {
  expect(named.has(Number(row))).toBe(true);
});
