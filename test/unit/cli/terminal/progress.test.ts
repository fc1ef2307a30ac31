import { describe, expect, test } from 'vitest';
import { progressLine, withProgress } from '../../../../src/cli/terminal/progress.ts';
import { width } from '../../../../src/cli/terminal/width.ts';
import type { Input } from '../../../../src/transcode/port.ts';
import { captured } from '../../../support/cli/io.ts';

describe('a line of progress', () => {
  const half = { name: 'traces.json', done: 1.2e9, all: 2.4e9, elapsedMs: 2_000 };

  test('says how far it is, how fast, and how long it will take', () => {
    expect(progressLine({ ...half, columns: 100 })).toBe(
      'traces.json ███████████████                 50 %  1.2 GB of 2.4 GB  600 MB/s  2 s left',
    );
  });

  test('needs no size', () => {
    expect(progressLine({ name: 'standard input', done: 1.2e9, elapsedMs: 2_000, columns: 100 })).toBe('standard input  1.2 GB  600 MB/s');
  });

  test.each([20, 40, 79, 80, 120])('leaves the last of %d columns free', (columns) => {
    expect(width(progressLine({ ...half, name: '東京/a-very-long-name-of-a-file.json', columns }))).toBeLessThan(columns);
  });
});

describe('progress', () => {
  const pieces = 30;
  let now = 0;
  const clock = { now: () => now, monotonic: () => now, sleep: async () => {} };
  const input: Input = {
    size: pieces * 10,
    open: async function* () {
      for (let i = 0; i < pieces; i++) {
        now += 100;
        yield new Uint8Array(10);
      }
    },
  };
  const read = async (terminal: boolean): Promise<string> => {
    now = 0;
    const { io, err } = captured({ terminal, columns: 80, clock });
    const progress = withProgress(input, 'a.json', io);
    for await (const _ of progress.input.open(0, new AbortController().signal));
    await progress.end();
    return err();
  };

  test('is shown on a terminal after a second, and wiped away', async () => {
    const drawn = (await read(true)).split('\r\x1b[K');
    expect(drawn[1]).toContain(' 33 %');
    expect(drawn.at(-2)).toContain('100 %');
    expect(drawn.at(-1)).toBe('');
    expect(drawn.length).toBe(pieces - 9 + 2);
  });

  test('is not shown anywhere else', async () => {
    expect(await read(false)).toBe('');
  });
});
