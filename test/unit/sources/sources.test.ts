import { afterEach, describe, expect, test } from 'vitest';
import { kstatus } from '../../support/kstatus.ts';
import { sourcesWorld, type World } from '../../support/sources-world.ts';

let world: World;
afterEach(() => world.end());

const minute = 60_000;
const begin = (...args: Parameters<typeof sourcesWorld>): World => {
  world = sourcesWorld(...args);
  return world;
};
const put = (from: number, to: number) => {
  for (let n = from; n < to; n++) world.store.put(`agents/prod/run-${`${n}`.padStart(6, '0')}.json`);
};
const takeAll = (): string[] => {
  const names: string[] = [];
  for (const lane of ['fresh', 'backlog'] as const) {
    for (let next = world.bind(lane); next; next = world.bind(lane)) names.push(next.name);
  }
  return names;
};

describe('a source', () => {
  test('goes from nothing to Ready, offers each file once, and counts what was done', async () => {
    begin();
    put(0, 3);
    await world.until(() => world.ready()?.status === 'True');
    expect(world.source().status).toMatchObject({
      observedGeneration: 1,
      location: 's3://acme-traces/agents/prod/',
      identity: 'arn:aws:iam::123456789012:user/reader',
      lastScan: { listed: 3, matched: 3, new: 3 },
      files: { backlog: 3 },
    });
    expect(kstatus(world.source())).toBe('Current');

    const names = takeAll();
    expect(names).toHaveLength(3);
    for (const name of names) world.finish(name);
    await world.clock.advance(10_000);
    await world.until(() => world.source().status.files?.completed === 3);
    expect(world.source().status).toMatchObject({ totals: { files: 3, spans: 30 }, files: { pending: 0, processing: 0, backlog: 0 } });
    expect(world.ready()?.message).toBe('3 files done, 0 under way');

    for (const name of names) world.prune(name);
    await world.clock.advance(5 * minute);
    expect(takeAll()).toEqual([]);
  });
});
