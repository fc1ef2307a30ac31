import { describe, expect, test } from 'vitest';
import { jsonLines } from '../../../src/kube/lines.ts';

async function* cut(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string, size: number): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of jsonLines(cut(text, size))) values.push(value);
  return values;
}

describe('lines of a watch', () => {
  test.each([1, 2, 3, 7, 1_000])('are whole however the network cuts them: %i bytes at a time', async (size) => {
    expect(await read('{"key":"Zürich/😀.json"}\n\n{"n":2}\n', size)).toEqual([{ key: 'Zürich/😀.json' }, { n: 2 }]);
  });

  test('half a line at the end is none', async () => {
    expect(await read('{"n":1}\n{"n":2}', 4)).toEqual([{ n: 1 }]);
  });

  test('a line that is not JSON is Garbled, after those before it', async () => {
    const seen: unknown[] = [];
    const reading = async () => {
      for await (const value of jsonLines(cut('{"n":1}\n{"n"\u0000:2}\n', 100))) seen.push(value);
    };
    await expect(reading()).rejects.toMatchObject({ kind: 'Garbled' });
    expect(seen).toEqual([{ n: 1 }]);
  });
});
