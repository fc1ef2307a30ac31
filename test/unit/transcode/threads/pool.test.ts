import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterEach, describe, expect, test } from 'vitest';
import { manySpans, requestOf, smallSpan } from '../../../../bench/corpora/spans.ts';
import { Failed } from '../../../../src/api/failure.ts';
import { type Batch, defaultSettings, type Input, type Transcode } from '../../../../src/transcode/port.ts';
import { CHUNK_BYTES } from '../../../../src/transcode/threads/messages.ts';
import { createPool, type Pool } from '../../../../src/transcode/threads/pool.ts';
import { transcode } from '../../../../src/transcode/transcode.ts';

const toyThread = new URL('./toy-thread.ts', import.meta.url);

const pools: Pool[] = [];
const pool = (options: Parameters<typeof createPool>[0]): Pool => {
  const made = createPool(options);
  pools.push(made);
  return made;
};

afterEach(async () => {
  await Promise.all(pools.splice(0).map((one) => one.close()));
});

const inputOf = (bytes: Uint8Array, chunk = 10_000): Input => ({
  async *open(from) {
    for (let at = from; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  },
});

async function collect(run: Transcode, input: Input) {
  const batches: Batch[] = [];
  const summary = await run(input, { ...defaultSettings, maxBatchBytes: 200_000 }, (batch) => {
    batches.push(batch);
  });
  return { summary, batches: batches.map(({ index, spans, body }) => ({ index, spans, body: Buffer.from(body).toString('base64') })) };
}

const file = Buffer.from(JSON.stringify(requestOf(manySpans(1, 5_000, 10, smallSpan), 2_500)));

describe('a pool of threads', () => {
  test('gives the same batches where each is released as soon as it was read', async () => {
    const { transcode: there } = pool({ threads: 1 });
    const releasing: Transcode = (input, settings, take) =>
      there(input, settings, ({ index, body, spans, release }) => {
        take({ index, spans, body: body.slice() });
        release?.();
        expect(body).toHaveLength(0);
      });
    expect(await collect(releasing, inputOf(file))).toEqual(await collect(transcode, inputOf(file)));
  });

  test('gives the same batches and summary as transcoding here', async () => {
    const { transcode: there } = pool({ threads: 1 });
    expect(await collect(there, inputOf(file))).toEqual(await collect(transcode, inputOf(file)));
  });

  test('works on several files at the same time, and more wait their turn', async () => {
    const { transcode: there } = pool({ threads: 2 });
    const here = await collect(transcode, inputOf(file));
    const many = await Promise.all(Array.from({ length: 5 }, () => collect(there, inputOf(file))));
    for (const one of many) expect(one).toEqual(here);
  });

  test('does not let a file wait for the destination of another one: its thread is free once all batches are made', async () => {
    const { transcode: there } = pool({ threads: 1 });
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const slow = there(inputOf(file), defaultSettings, () => answered);
    expect(await collect(there, inputOf(file))).toEqual(await collect(transcode, inputOf(file)));
    answer();
    expect((await slow).spans).toBe(5_000);
  });

  test('a taker that does not come back delays nobody else, even before all batches are made', async () => {
    const { transcode: there } = pool({ threads: 1 });
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const took: number[] = [];
    const settings = { ...defaultSettings, maxBatchBytes: 50_000 };
    const slow = there(inputOf(file), settings, ({ index }) => {
      took.push(index);
      return answered;
    });
    const here = await collect(transcode, inputOf(file));
    const others = await Promise.all(Array.from({ length: 3 }, () => collect(there, inputOf(file))));
    for (const other of others) expect(other).toEqual(here);
    expect(took).toEqual([0]);
    answer();
    const { batches, spans } = await slow;
    expect(spans).toBe(5_000);
    expect(took).toEqual(Array.from({ length: batches }, (_each, index) => index));
    expect(batches).toBeGreaterThan(10);
  });

  test('nor does a stream that has nothing to give', async () => {
    const { transcode: there } = pool({ threads: 1 });
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const slow: Input = {
      async *open() {
        yield file.subarray(0, 100_000);
        await arrived;
        yield file.subarray(100_000);
      },
    };
    const late = collect(there, slow);
    const here = await collect(transcode, inputOf(file));
    expect(await collect(there, inputOf(file))).toEqual(here);
    arrive();
    expect(await late).toEqual(here);
  });

  test('a taker that fails after its thread went on fails its own job only', async () => {
    const { transcode: there } = pool({ threads: 1 });
    const { promise: answered, reject: refuse } = Promise.withResolvers<void>();
    const slow = there(inputOf(file), defaultSettings, () => answered);
    const other = collect(there, inputOf(file));
    await other;
    refuse(new Error('the destination is gone'));
    await expect(slow).rejects.toThrow('the destination is gone');
    expect(await collect(there, inputOf(file))).toEqual(await other);
  });

  test('decompresses in the thread and asks for a second stream where the order demands it', async () => {
    const { transcode: there } = pool({ threads: 1 });
    const opened: number[] = [];
    const packed = gzipSync(file);
    const input: Input = {
      open(from, signal) {
        opened.push(from);
        return inputOf(packed).open(from, signal);
      },
    };
    expect(await collect(there, input)).toEqual(await collect(transcode, inputOf(packed)));
    expect(opened[0]).toBe(0);
  });

  test('opens the input where the thread asks', async () => {
    const { transcode: there } = pool({ threads: 1, entry: toyThread });
    const summary = await there({ ...inputOf(Buffer.from('0123456789')), name: 'from the middle' }, defaultSettings, () => {});
    expect(summary).toMatchObject({ bytes: 7, firstSpanTime: 7n });
  });

  test('leaves the bytes of the caller where they are', async () => {
    const { transcode: there } = pool({ threads: 1, entry: toyThread });
    const bytes = Buffer.alloc(600_000, 1);
    await there(inputOf(bytes, 300_000), defaultSettings, () => {});
    expect(bytes).toHaveLength(600_000);
    expect(bytes.buffer.detached).toBe(false);
  });

  test('does not read on while a batch is not taken', async () => {
    const { transcode: there } = pool({ threads: 1, entry: toyThread });
    let read = 0;
    const input: Input = {
      async *open() {
        for (let i = 0; i < 100; i++) {
          read++;
          yield Buffer.alloc(CHUNK_BYTES);
        }
      },
    };
    let taken = 0;
    let most = 0;
    await there(input, defaultSettings, async () => {
      taken++;
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, read - taken);
    });
    expect(taken).toBe(100);
    expect(most).toBeLessThan(8);
  });
});

describe('trouble in a pool', () => {
  test('a failure crosses with its reason', async () => {
    const { transcode: there } = pool({ threads: 1 });
    const thrown = await there(inputOf(Buffer.from('<html>')), defaultSettings, () => {}).catch((error: unknown) => error);
    const here = await transcode(inputOf(Buffer.from('<html>')), defaultSettings, () => {}).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(Failed);
    expect((thrown as Failed).failure).toMatchObject({
      reason: (here as Failed).failure.reason,
      message: (here as Failed).failure.message,
    });
    expect((thrown as Failed).failure.message).not.toContain('at ');
  });

  test('what the stream throws comes back as it is', async () => {
    const { transcode: there } = pool({ threads: 1 });
    const reset = new Error('socket hang up');
    const broken: Input = {
      async *open() {
        yield file.subarray(0, 1000);
        throw reset;
      },
    };
    await expect(there(broken, defaultSettings, () => {})).rejects.toBe(reset);
    await expect(collect(there, inputOf(file))).resolves.toMatchObject({ summary: { spans: 5_000 } });
  });

  test('what the taker throws comes back as it is, and nothing more is taken', async () => {
    const { transcode: there } = pool({ threads: 1, entry: toyThread });
    const refused = new Error('the collector is gone');
    let taken = 0;
    const run = there(inputOf(Buffer.alloc(3_000_000)), defaultSettings, () => {
      taken++;
      throw refused;
    });
    await expect(run).rejects.toBe(refused);
    expect(taken).toBe(1);
    await expect(there(inputOf(Buffer.alloc(10)), defaultSettings, () => {})).resolves.toMatchObject({ bytes: 10 });
  });

  test('an abort ends the job, closes its stream, and keeps the thread', async () => {
    const { transcode: there } = pool({ threads: 1 });
    const abort = new AbortController();
    const enough = new Error('enough');
    let closed = 0;
    const endless: Input = {
      async *open(_from, signal) {
        try {
          yield file.subarray(0, 5_000);
          abort.abort(enough);
          if (!signal.aborted) await once(signal, 'abort');
        } finally {
          closed++;
        }
      },
    };
    await expect(there(endless, defaultSettings, () => {}, abort.signal)).rejects.toBe(enough);
    expect(closed).toBe(1);
    await expect(collect(there, inputOf(file))).resolves.toMatchObject({ summary: { spans: 5_000 } });
  });

  test('a job that waits for a thread can be aborted as well', async () => {
    const { transcode: there } = pool({ threads: 1, entry: toyThread, graceMs: 10 });
    const first = new AbortController();
    const running = there({ ...inputOf(file), name: 'ignores the signal' }, defaultSettings, () => {}, first.signal);
    const abort = new AbortController();
    const waiting = there(inputOf(file), defaultSettings, () => {}, abort.signal);
    const why = new Error('no longer wanted');
    abort.abort(why);
    await expect(waiting).rejects.toBe(why);
    first.abort(why);
    await expect(running).rejects.toBe(why);
  });

  test.each(['loops forever', 'ignores the signal'])('a thread that %s is ended from outside and replaced', async (name) => {
    const { transcode: there } = pool({ threads: 1, entry: toyThread, graceMs: 50 });
    const stuck = new Error('Stuck');
    const abort = new AbortController();
    const run = there({ ...inputOf(file), name }, defaultSettings, () => {}, abort.signal);
    setImmediate(() => abort.abort(stuck));
    await expect(run).rejects.toBe(stuck);
    await expect(there(inputOf(Buffer.alloc(10)), defaultSettings, () => {})).resolves.toMatchObject({ bytes: 10 });
  });

  test.each([
    ['exits', 'it exited with code 3'],
    ['throws outside', 'nobody catches this'],
  ])('a thread that %s fails its job only', async (name, message) => {
    const { transcode: there } = pool({ threads: 1, entry: toyThread });
    const endless: Input = {
      name,
      async *open(_from, signal) {
        yield Buffer.alloc(10);
        await once(signal, 'abort');
      },
    };
    const thrown = await there(endless, defaultSettings, () => {}).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ failure: { reason: 'InternalError', message: expect.stringContaining(message) } });
    await expect(there(inputOf(Buffer.alloc(10)), defaultSettings, () => {})).resolves.toMatchObject({ bytes: 10 });
  });

  test('a thread that is ended because of one job fails those that it has besides', async () => {
    const { transcode: there } = pool({ threads: 1, entry: toyThread, graceMs: 50 });
    const never = new Promise<void>(() => {});
    const stalled = there(inputOf(Buffer.alloc(3_000_000)), defaultSettings, () => never);
    const ended = expect(stalled).rejects.toMatchObject({ failure: { reason: 'InternalError' } });
    const abort = new AbortController();
    const stuck = new Error('Stuck');
    const input: Input = {
      name: 'opens and ignores the signal',
      async *open() {
        abort.abort(stuck);
        yield Buffer.alloc(10);
      },
    };
    await expect(there(input, defaultSettings, () => {}, abort.signal)).rejects.toBe(stuck);
    await ended;
    await expect(there(inputOf(Buffer.alloc(10)), defaultSettings, () => {})).resolves.toMatchObject({ bytes: 10 });
  });

  test('closing fails what is under way', async () => {
    const one = createPool({ threads: 1, entry: toyThread, graceMs: 10 });
    const run = one.transcode({ ...inputOf(file), name: 'ignores the signal' }, defaultSettings, () => {});
    const ended = expect(run).rejects.toThrow();
    await one.close();
    await ended;
    await expect(one.transcode(inputOf(file), defaultSettings, () => {})).rejects.toThrow();
  });

  test('a program that forgets to close its pool ends all the same', async () => {
    const program = fileURLToPath(new URL('./idle-pool.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 20_000 });
    expect(JSON.parse(stdout)).toEqual({ spans: 1, why: 'enough' });
  });

  test('works as well from a bundle in one file, which starts itself as its thread', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'spanferry-bundle-'));
    try {
      const outfile = join(folder, 'spanferry.mjs');
      const entryPoints = [fileURLToPath(new URL('./bundled.ts', import.meta.url))];
      await build({ entryPoints, bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'error' });
      const { stdout } = await promisify(execFile)(process.execPath, [outfile], { timeout: 20_000 });
      expect(JSON.parse(stdout)).toEqual({ spans: 1 });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
