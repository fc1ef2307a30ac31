import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { Failed } from '../../../../src/api/failure.ts';
import { openFile } from '../../../../src/cli/files/open.ts';
import { createSpool } from '../../../../src/cli/files/spool.ts';

const folder = mkdtempSync(join(tmpdir(), 'spanferry-cli-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;
const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => String(i)).join(' '));

async function* inChunks(size: number, taken = { chunks: 0 }): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) {
    taken.chunks++;
    yield content.subarray(at, at + size);
  }
}

async function all(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(Uint8Array.from(chunk));
  return Buffer.concat(parts);
}

const failureOf = (path: string) =>
  openFile(path, { stdin: inChunks(1) }).then(
    () => undefined,
    (thrown) => (thrown instanceof Failed ? thrown.failure.message : thrown),
  );

describe('a file', () => {
  test('is read from any offset, as often as needed', async () => {
    const path = join(folder, 'numbers.txt');
    writeFileSync(path, content);
    const { input, close } = await openFile(path, { stdin: inChunks(1) });
    expect(input).toMatchObject({ size: content.length, name: 'numbers.txt' });
    const [whole, rest] = await Promise.all([all(input.open(0, signal)), all(input.open(500_000, signal))]);
    expect(whole.equals(content) && rest.equals(content.subarray(500_000))).toBe(true);
    await close();
  });

  test('of any size is read into the same two pieces of memory', async () => {
    const path = join(folder, 'large.txt');
    writeFileSync(path, Buffer.concat(Array(5).fill(content)));
    const { input, close } = await openFile(path, { stdin: inChunks(1) });
    const memories = new Set<ArrayBufferLike>();
    let length = 0;
    for await (const chunk of input.open(0, signal)) {
      memories.add(chunk.buffer);
      length += chunk.length;
    }
    expect([memories.size, length]).toEqual([2, content.length * 5]);
    await close();
  });

  test('that cannot be read further is told when its turn comes, and not at all to one who has stopped', async () => {
    const path = join(folder, 'closed.txt');
    writeFileSync(path, Buffer.concat(Array(5).fill(content)));
    for (const goesOn of [true, false]) {
      const { input, close } = await openFile(path, { stdin: inChunks(1) });
      const chunks = input.open(0, signal)[Symbol.asyncIterator]();
      await chunks.next();
      await close();
      await chunks.next();
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (goesOn)
        await expect(all({ [Symbol.asyncIterator]: () => chunks })).rejects.toMatchObject({
          failure: { reason: 'Unreadable' },
        });
      else await chunks.return?.();
    }
  });

  test('that is not there, or a directory, is told in a sentence', async () => {
    expect(await failureOf(join(folder, 'nothing.json'))).toBe('there is no such file');
    expect(await failureOf(`${folder}/`)).toBe(`it is a directory; name the files in it, such as ${folder}/*.json`);
  });
});

describe('standard input', () => {
  test.each([7_000, 65_536, 1_000_000])('in chunks of %d bytes can be read again, and before it was read', async (size) => {
    const taken = { chunks: 0 };
    const { input, close } = await openFile('-', { stdin: inChunks(size, taken) });
    const first = input.open(0, signal)[Symbol.asyncIterator]();
    const head = await first.next();
    const ahead = await all(input.open(300_000, signal));
    const rest = await all({ [Symbol.asyncIterator]: () => first });
    expect(ahead.equals(content.subarray(300_000))).toBe(true);
    expect(Buffer.concat([head.value, rest]).equals(content)).toBe(true);
    expect((await all(input.open(0, signal))).equals(content)).toBe(true);
    expect(taken.chunks).toBe(Math.ceil(content.length / size));
    await close();
  });

  test('is not read further than somebody asks for', async () => {
    const taken = { chunks: 0 };
    const { input, close } = await openFile('-', { stdin: inChunks(1_000, taken) });
    for await (const chunk of input.open(0, signal)) {
      expect(chunk.length).toBe(1_000);
      break;
    }
    expect(taken.chunks).toBe(1);
    await close();
  });
});

describe('a spool', () => {
  test('keeps what does not fit into memory in a file that has no name any more', async () => {
    const spool = createSpool(100_000);
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('spanferry-')).length;
    for await (const chunk of inChunks(30_000)) await spool.append(chunk);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('spanferry-')).length).toBe(before);
    for (const from of [0, 1, 89_999, 90_000, 90_001, 119_999, 400_000, content.length - 1]) {
      const parts: Uint8Array[] = [];
      for (let at = from; at < spool.length(); at += parts.at(-1)!.length) parts.push(await spool.read(at));
      expect(Buffer.concat(parts).equals(content.subarray(from)), `from ${from}`).toBe(true);
    }
    await spool.close();
  });

  test('that cannot make its file says where, and what helps', async () => {
    vi.stubEnv('TMPDIR', join(folder, 'no such folder'));
    const spool = createSpool(10);
    await expect(spool.append(content)).rejects.toMatchObject({
      failure: {
        reason: 'Unreadable',
        message: expect.stringMatching(/no such folder cannot take it: ENOENT; TMPDIR names another folder$/),
      },
    });
    vi.unstubAllEnvs();
  });
});
