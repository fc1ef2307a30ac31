import { expect, test } from 'vitest';
import { secretCache } from '../../../src/operator/secrets.ts';
import { virtualClock } from '../../support/virtual-clock.ts';

/** A cache over Secrets that a test changes, and how often each was read. */
function world() {
  const clock = virtualClock();
  const there = new Map<string, Readonly<Record<string, string>>>([['keys', { accessKeyId: 'AKIA1' }]]);
  const reads: string[] = [];
  const trouble = { on: false };
  const cache = secretCache(async (namespace, name) => {
    reads.push(`${namespace}/${name}`);
    if (trouble.on) throw new Error('no answer');
    return there.get(name);
  }, clock);
  return { clock, there, reads, trouble, cache };
}

test('a Secret is read once for all who need it, and again after half a minute', async () => {
  const { cache, clock, reads } = world();
  await Promise.all([cache.read('ml', ['keys']), cache.read('ml', ['keys', 'none'])]);
  expect(await cache.read('ml', ['keys', 'none'])).toEqual({ keys: { accessKeyId: 'AKIA1' } });
  expect(reads).toEqual(['ml/keys', 'ml/none']);
  await clock.advance(30_000);
  await cache.read('ml', ['keys']);
  expect(reads).toHaveLength(3);
});

test('sooner where somebody waits for a correction, or something was refused', async () => {
  const { cache, clock, there, reads } = world();
  await cache.read('ml', ['keys']);
  there.set('keys', { accessKeyId: 'AKIA2' });
  await clock.advance(6_000);
  expect(await cache.read('ml', ['keys'])).toEqual({ keys: { accessKeyId: 'AKIA1' } });
  expect(await cache.read('ml', ['keys'], 5_000)).toEqual({ keys: { accessKeyId: 'AKIA2' } });
  there.set('keys', { accessKeyId: 'AKIA3' });
  cache.drop('ml', ['keys']);
  expect(await cache.read('ml', ['keys'])).toEqual({ keys: { accessKeyId: 'AKIA3' } });
  expect(reads).toHaveLength(3);
});

test('a namespace has its own, and what could not be read is asked for again', async () => {
  const { cache, reads, trouble } = world();
  trouble.on = true;
  await expect(cache.read('ml', ['keys'])).rejects.toThrow('no answer');
  trouble.on = false;
  await cache.read('ml', ['keys']);
  await cache.read('other', ['keys']);
  expect(reads).toEqual(['ml/keys', 'ml/keys', 'other/keys']);
});
