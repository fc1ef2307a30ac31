import { describe, expect, onTestFinished, test } from 'vitest';
import { ahead } from '../../../src/std/ahead.ts';
import { settled } from '../../support/virtual-clock.ts';

/** Numbers from 1 on: each asked for is noted, and comes at once, or fails. */
function numbers({ to, failAt }: { readonly to: number; readonly failAt?: number }) {
  const asked: number[] = [];
  let isClosed = false;
  async function* give(): AsyncGenerator<number, void, undefined> {
    try {
      for (let n = 1; n <= to; n++) {
        asked.push(n);
        if (n === failAt) throw new Error(`no ${n}`);
        yield n;
      }
    } finally {
      isClosed = true;
    }
  }
  return { items: give(), asked, isClosed: () => isClosed };
}

/** Everything that comes, and the words of what went wrong. */
async function collected(items: AsyncIterable<number>): Promise<readonly (number | string)[]> {
  const seen: (number | string)[] = [];
  try {
    for await (const item of items) seen.push(item);
  } catch (thrown) {
    seen.push(thrown instanceof Error ? thrown.message : String(thrown));
  }
  return seen;
}

describe('one ahead', () => {
  test.each<[sentence: string, source: Parameters<typeof numbers>[0], seen: readonly (number | string)[]]>([
    ['passes everything on in its order', { to: 3 }, [1, 2, 3]],
    ['of nothing is nothing', { to: 0 }, []],
    ['tells at once what is wrong with the first', { to: 3, failAt: 1 }, ['no 1']],
    ['tells what is wrong with a later one only after those before it', { to: 4, failAt: 3 }, [1, 2, 'no 3']],
    ['tells what is wrong with the last', { to: 2, failAt: 2 }, [1, 'no 2']],
  ])('%s', async (_sentence, source, seen) => {
    const { items, isClosed } = numbers(source);
    expect(await collected(ahead(items))).toEqual(seen);
    expect(isClosed()).toBe(true);
  });

  test('asks for the next while one is looked at, and never for more', async () => {
    const { items, asked } = numbers({ to: 4 });
    for await (const item of ahead(items)) {
      await settled();
      expect(asked.at(-1)).toBe(Math.min(item + 1, 4));
    }
  });

  test('a failure ahead disturbs nobody before its turn', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const { items, isClosed } = numbers({ to: 2, failAt: 2 });
    for await (const item of ahead(items)) {
      expect(item).toBe(1);
      await settled();
      break;
    }
    await settled();
    expect(unhandled).toEqual([]);
    expect(isClosed()).toBe(true);
  });

  test('who leaves early closes the source, and what was asked for is not passed on', async () => {
    const { items, asked, isClosed } = numbers({ to: 9 });
    for await (const item of ahead(items)) if (item === 2) break;
    expect(asked).toEqual([1, 2, 3]);
    expect(isClosed()).toBe(true);
  });

  test('a signal that ends the one on its way lets whoever leaves go', async () => {
    const abort = new AbortController();
    async function* stuck(): AsyncGenerator<number, void, undefined> {
      yield 1;
      await new Promise((_, reject) => abort.signal.addEventListener('abort', () => reject(abort.signal.reason), { once: true }));
    }
    const leaving = (async () => {
      for await (const _ of ahead(stuck())) {
        await settled();
        abort.abort(new Error('drained'));
        abort.signal.throwIfAborted();
      }
    })();
    await expect(leaving).rejects.toThrow('drained');
  });
});
