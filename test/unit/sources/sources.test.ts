import { afterEach, describe, expect, test, vi } from 'vitest';
import { Failed } from '../../../src/api/failure.ts';
import type { IngestionFile, NamedFile } from '../../../src/api/ingestionfile.ts';
import { endingsOf, packName, specOf } from '../../../src/dispatch/pack.ts';
import { kstatus } from '../../support/kstatus.ts';
import { sourcesWorld, type World } from '../../support/sources-world.ts';

vi.setConfig({ testTimeout: 60_000 });

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
const ready = async () => {
  await world.within(10_000, () => world.ready()?.status === 'True' && world.source().status.lastScan !== undefined);
};
const takeAll = (): string[] => {
  const names: string[] = [];
  for (const lane of ['fresh', 'backlog'] as const) {
    for (let next = world.bind(lane); next; next = world.bind(lane)) names.push(next.name);
  }
  return names;
};
const reasons = () => world.events.map(({ reason }) => reason);
const condition = (type: string) => world.source().status.conditions?.find((each) => each.type === type);
const withKeys = {
  store: { s3: { bucket: 'acme-traces', prefix: 'agents/prod/', auth: { type: 'AccessKey', accessKeySecretRef: { name: 's3-keys' } } } },
};

describe('a source', () => {
  test('goes from nothing to Ready, offers each file once, and counts what was done', async () => {
    begin();
    put(0, 3);
    await ready();
    expect(world.source().status).toMatchObject({
      observedGeneration: 1,
      location: 's3://acme-traces/agents/prod/',
      identity: 'arn:aws:iam::123456789012:user/reader',
      lastScan: { listed: 3, matched: 3, new: 3 },
      files: { backlog: 3 },
    });
    expect(kstatus(world.source())).toBe('Current');
    expect(reasons()).toEqual(['ScanCompleted']);

    const names = takeAll();
    expect(names).toHaveLength(3);
    for (const name of names) world.finish(name);
    await world.within(10_000, () => world.source().status.files?.completed === 3);
    expect(world.source().status).toMatchObject({ totals: { files: 3, spans: 30 }, files: { pending: 0, processing: 0, backlog: 0 } });
    expect(world.ready()?.message).toBe('3 files done, 0 under way');

    for (const name of names) world.prune(name);
    await world.clock.advance(5 * minute);
    expect(takeAll()).toEqual([]);
  });

  test('says what it sees where nothing matches', async () => {
    begin();
    world.store.put('agents/prod/a.ndjson');
    world.store.put('elsewhere/b.json');
    await ready();
    expect(world.ready()).toMatchObject({
      reason: 'NoData',
      message: '1 object under agents/prod/, none ends with .json; 1 ends with .ndjson',
    });
    expect(world.source().status.lastScan?.skipped).toEqual([{ extension: '.ndjson', count: 1 }]);
  });

  test('writes seldom: news at most every two seconds, nothing new every five minutes', async () => {
    begin();
    put(0, 400);
    await ready();
    const first = world.writes.length;
    for (let second = 0; second < 60; second++) {
      for (let n = 0; n < 5; n++) {
        const file = world.bind('backlog');
        if (file) world.finish(file.name);
      }
      await world.clock.advance(1_000);
    }
    const gaps = world.writes.slice(first + 1).map(({ at }, index) => at - (world.writes[first + index]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(2_000);
    await world.clock.advance(minute);
    const quiet = world.writes.length;
    await world.clock.advance(30 * minute);
    expect(world.writes.length - quiet).toBeLessThanOrEqual(7);
    expect(world.writes.length - quiet).toBeGreaterThanOrEqual(4);
  });

  test('that is gone stops listing and lets go of the store', async () => {
    begin();
    put(0, 3_000);
    await ready().catch(() => {});
    await world.until(() => world.ready()?.status === 'True');
    world.remove();
    await world.until(() => world.store.asked.closed === 1);
    const before = world.store.asked.pages;
    await world.clock.advance(10 * minute);
    expect(world.store.asked.pages).toBe(before);
    expect(world.part().supplies()).toEqual([]);
  });

  test('made anew under its name knows what was done', async () => {
    begin();
    put(0, 3);
    await ready();
    for (const name of takeAll()) {
      world.finish(name);
      world.prune(name);
    }
    await world.within(10_000, () => world.source().status.files?.completed === 3);
    world.remove();
    await world.until(() => world.part().supplies().length === 0);
    world.remake();
    await world.within(10_000, () => world.source().status.lastScan !== undefined);
    expect(takeAll()).toEqual([]);
    expect(world.source().status.files?.completed).toBe(3);
  });

  test('made anew in the very moment in which its last file was done knows that file, too', async () => {
    begin();
    put(0, 3);
    await ready();
    const names = takeAll();
    for (const name of names) world.finish(name);
    expect(world.written.size).toBe(0);
    world.remove();
    await world.until(() => world.written.size === names.length);
    for (const name of names) world.prune(name);
    world.remake();
    await world.within(10_000, () => world.source().status.files?.completed === 3);
    expect(takeAll()).toEqual([]);
  });
});

describe('a content that was overwritten before it could be read', () => {
  const superseded = { reason: 'Superseded', spans: 0, bytes: 0 };
  const first = { key: 'agents/prod/run-1.json', version: 'e1' };
  const write = (version: string) => world.store.put(first.key, { version });
  const scan = async () => {
    world.edit({ annotations: { 'spanferry.io/scan': `at ${world.clock.now()}` } });
    await world.clock.advance(5_000);
  };
  const outcomeOf = (version: string) => world.supply().outcome({ ...first, version });
  /** The first content is offered, and there is another one when it is to be read. */
  const overwritten = async (spec: object = {}): Promise<string> => {
    begin(spec);
    write('e1');
    await ready();
    const [name = ''] = takeAll();
    write('e2');
    world.finish(name, 'Completed', superseded);
    await world.clock.advance(7_000);
    return name;
  };

  test('is offered again when it is put back, and each ending counts', async () => {
    const name = await overwritten();
    await scan();
    const [second = ''] = takeAll();
    expect(world.records.get(second)?.spec).toMatchObject({ version: 'e2' });
    world.finish(second);
    write('e1');
    await scan();
    expect(takeAll()).toEqual([name]);
    world.finish(name);
    await world.within(10_000, () => world.source().status.totals?.files === 3);
    expect(world.source().status).toMatchObject({ files: { completed: 3, failed: 0 }, totals: { spans: 20 }, ledger: { entries: 3 } });
    await scan();
    expect(takeAll()).toEqual([]);
  });

  test('is offered again also when its record is gone, and to a new leader', async () => {
    const name = await overwritten();
    world.prune(name);
    world.newLeader();
    await world.within(10_000, () => world.part().supplies().length > 0);
    write('e1');
    await scan();
    expect(world.supply().waiting('fresh').concat(world.supply().waiting('backlog'))).toMatchObject([{ ...first, alone: true }]);
    expect(takeAll()).toEqual([name]);
  });

  test('counts once, however often it is too late', async () => {
    const name = await overwritten();
    for (let times = 0; times < 3; times++) {
      // A listing that is old shows the first content, and whoever reads finds the second.
      write('e1');
      await scan();
      expect(takeAll()).toEqual([name]);
      world.finish(name, 'Completed', superseded);
      write('e2');
      await world.clock.advance(7_000);
    }
    await scan();
    expect(takeAll()).toHaveLength(1);
    expect(world.segments.get(0)?.spec.head?.totals).toMatchObject({ files: 1, spans: 0 });
  });

  test('is not offered where overwritten is Ignore: its key has had its turn', async () => {
    await overwritten({ scan: { overwritten: 'Ignore' } });
    await scan();
    write('e1');
    await scan();
    expect(takeAll()).toEqual([]);
  });

  test('of a file of a pack comes back in a record of its own', async () => {
    begin();
    const second = { key: 'agents/prod/run-2.json', version: 'f1' };
    write('e1');
    world.store.put(second.key, second);
    await ready();
    const chosen = world.supply().take('backlog', world.supply().waiting('backlog'));
    expect(chosen).toHaveLength(2);
    const name = packName(world.supply().source, chosen);
    world.putRecord(name, {}, specOf(chosen));
    write('e2');
    world.finish(name, 'Completed', { unread: [{ index: 0, reason: 'Superseded', message: 'HTTP 412' }], packSpans: [0, 10] });
    await world.clock.advance(7_000);
    expect([outcomeOf('e1'), world.supply().outcome(second)]).toEqual(['superseded', 'completed']);
    write('e1');
    await scan();
    const [alone = '', ...others] = takeAll();
    expect(others).toEqual([]);
    expect(world.records.get(alone)?.spec).toMatchObject(first);
  });

  test('is over for the pack that gave it back: only a listing tells that it is there again', async () => {
    const name = await overwritten();
    const { sourceRef: _, ...file } = world.records.get(name)!.spec;
    expect(world.supply().offer(file as NamedFile)).toBe(true);
    world.prune(name);
    expect(world.supply().offer(file as NamedFile)).toBe(true);
    expect(takeAll()).toEqual([]);
  });

  test('stays done where an earlier version of the operator took it for that', async () => {
    const name = await overwritten();
    const record = world.records.get(name) as IngestionFile;
    await Promise.all([
      world.supply().remember(
        record,
        endingsOf(record).map((ending) => ({ ...ending, outcome: 'completed' })),
      ),
      world.clock.advance(7_000),
    ]);
    write('e1');
    await scan();
    expect(takeAll()).toEqual([]);
  });
});

describe('trouble', () => {
  const denied = new Failed({ reason: 'AccessDenied', message: 'user reader may not list acme-traces: grant s3:ListBucket' });

  test('of the store is told with cause and remedy, and is over by itself', async () => {
    begin();
    world.store.break(denied);
    await world.until(() => world.ready()?.reason === 'AccessDenied');
    expect(condition('StoreReady')).toMatchObject({ status: 'False', reason: 'AccessDenied' });
    expect(kstatus(world.source())).toBe('Failed');
    await world.clock.advance(10 * minute);
    expect(world.store.asked.probes).toBeGreaterThan(10);
    world.store.break();
    put(0, 1);
    await world.within(61_000, () => world.ready()?.status === 'True');
    await world.within(5_000, () => takeAll().length === 1);
    expect(reasons().slice(0, 2)).toEqual(['AccessDenied', 'Recovered']);
  });

  test('in the middle of a listing neither loses files nor offers them twice', async () => {
    begin({}, { pageSize: 100 });
    put(0, 450);
    await world.until(() => world.store.asked.pages === 2);
    world.store.break(new Failed({ reason: 'StoreUnavailable', message: 'HTTP 503' }));
    await world.until(() => world.ready()?.reason === 'StoreUnavailable');
    expect(world.take('backlog')).toBeUndefined();
    world.store.break();
    await world.within(30_000, () => world.source().status.lastScan !== undefined);
    expect(takeAll()).toHaveLength(450);
  });

  test('of a Secret is over once the Secret is corrected, without a restart', async () => {
    begin(withKeys);
    world.store.break(new Failed({ reason: 'InvalidAccessKeyId', message: 'the store does not know AKIA…7Q' }));
    await world.until(() => world.ready()?.reason === 'InvalidAccessKeyId');
    world.secrets.set('s3-keys', { accessKeyId: 'AKIAGOOD', secretAccessKey: 'x' });
    world.store.break();
    await world.within(61_000, () => world.ready()?.status === 'True');
  });

  test('a Secret that changes under a source that works is noticed within a minute', async () => {
    begin(withKeys);
    world.secrets.set('s3-keys', { accessKeyId: 'AKIAONE', secretAccessKey: 'x' });
    await ready();
    const before = world.store.asked.probes;
    world.secrets.set('s3-keys', { accessKeyId: 'AKIATWO', secretAccessKey: 'y' });
    await world.within(61_000, () => world.store.asked.probes > before);
  });

  test('of a destination whose Secret is missing is seen before any file is tried', async () => {
    begin({ destination: { endpoint: 'http://collector:4318', authTokenSecretRef: { name: 'collector' } } });
    await world.until(() => world.ready()?.reason === 'CredentialError');
    expect(condition('DestinationReady')).toMatchObject({ status: 'False' });
    expect(condition('StoreReady')).toMatchObject({ status: 'True' });
    world.secrets.set('collector', { token: 'canary' });
    await world.within(2 * minute, () => world.ready()?.status === 'True');
    expect(JSON.stringify([world.source().status, world.events])).not.toContain('canary');
  });

  test('of a destination is read from the files that wait for it, and no more of them are taken', async () => {
    begin();
    put(0, 100);
    await ready();
    for (let n = 0; n < 20; n++) {
      const file = world.bind('backlog');
      if (file)
        world.putRecord(file.name, {
          state: 'Pending',
          reason: 'DestinationUnavailable',
          message: 'http://collector:4318 refuses connections',
        });
    }
    await world.within(5_000, () => condition('DestinationReady')?.status === 'False');
    expect(world.ready()).toMatchObject({ status: 'False', reason: 'DestinationUnavailable' });
    expect(world.bind('backlog')).toBeUndefined();
    for (const { metadata } of [...world.records.values()]) world.finish(metadata.name);
    await world.within(5_000, () => world.ready()?.status === 'True');
    expect(world.bind('backlog')).toBeDefined();
  });

  test('a record that may not be created is asked for seldom, the source says why, and is over with the first that is', async () => {
    begin();
    put(0, 3);
    await ready();
    const why = { reason: 'ApiForbidden', message: 'not allowed to create ingestionfiles in ml-platform' } as const;
    let asked = 0;
    const refuse = () => {
      for (let next = world.take('backlog') ?? world.take('fresh'); next; next = world.take('backlog') ?? world.take('fresh')) {
        asked++;
        world.supply().giveBack([next], 'fresh', why);
      }
    };
    for (let second = 0; second < 600; second++) {
      refuse();
      await world.clock.advance(1_000);
    }
    expect(asked).toBeGreaterThan(8);
    expect(asked).toBeLessThan(30);
    expect(world.ready()).toMatchObject({ status: 'False', reason: 'ApiForbidden', message: expect.stringContaining(why.message) });
    expect(reasons()).toContain('ApiForbidden');

    await world.within(2 * minute, () => takeAll().length > 0);
    await world.within(10_000, () => world.ready()?.status === 'True');
    expect(takeAll()).toHaveLength(0);
  });

  test('a source that the policy refuses says so and touches nothing', async () => {
    begin();
    world.refusal = { reason: 'NotAllowed', message: 'namespace ml-platform may use buckets ml-*, not acme-traces' };
    world.edit({ annotations: { 'spanferry.io/test': 't1' } });
    await world.until(() => world.source().status.lastTest !== undefined);
    expect(world.source().status.lastTest).toMatchObject({ ok: false, reason: 'NotAllowed' });
    expect(world.ready()?.reason).toBe('NotAllowed');
    expect(world.store.asked).toMatchObject({ probes: 0, pages: 0 });
  });
});

describe('annotations', () => {
  test('scan lists everything now, and its token is kept', async () => {
    begin();
    put(0, 3);
    await ready();
    const before = world.store.asked.listings.length;
    world.edit({ annotations: { 'spanferry.io/scan': 't1' } });
    await world.until(() => world.source().status.handled?.scan === 't1');
    expect(world.store.asked.listings.length).toBe(before + 1);
    expect(world.segments.get(0)?.spec.head?.handled?.scan).toBe('t1');
    await world.clock.advance(1_000);
    world.newLeader();
    await world.until(() => world.store.asked.listings.length === before + 2);
    await world.clock.advance(10_000);
    expect(world.store.asked.listings.length).toBe(before + 2);
  });

  test('test tells how many files match and who we are', async () => {
    begin({}, { annotations: { 'spanferry.io/test': 't1' } });
    put(0, 3);
    await world.until(() => world.source().status.lastTest !== undefined);
    expect(world.source().status).toMatchObject({
      lastTest: {
        token: 't1',
        ok: true,
        filesFound: 3,
        message: '3 files match; the store knows us as arn:aws:iam::123456789012:user/reader',
      },
      handled: { test: 't1' },
    });
    expect(reasons()).toContain('TestSucceeded');
  });

  test('test of a store out of reach says why', async () => {
    begin({}, { annotations: { 'spanferry.io/test': 't1' } });
    world.store.break(new Failed({ reason: 'NoSuchBucket', message: 'there is no bucket acme-traces' }));
    await world.until(() => world.source().status.lastTest !== undefined);
    expect(world.source().status.lastTest).toMatchObject({ ok: false, reason: 'NoSuchBucket' });
    expect(reasons()).toContain('TestFailed');
  });

  test('retry-failed tells dispatch, forgives, and finds the files whose records are gone', async () => {
    begin();
    put(0, 2);
    await ready();
    const [kept = '', pruned = ''] = takeAll();
    world.finish(kept, 'Failed');
    world.finish(pruned, 'Failed');
    world.prune(pruned);
    await world.within(10_000, () => world.source().status.files?.failed === 2);
    expect(world.source().status.recentFailures).toMatchObject([{ reason: 'InvalidJSON', message: 'broken at byte 12' }]);
    world.edit({ annotations: { 'spanferry.io/retry-failed': 't1' } });
    await world.within(5_000, () => world.source().status.handled?.retryFailed === 't1');
    expect(world.retried).toEqual(['source-uid']);
    await world.within(5_000, () => world.source().status.files?.backlog === 1);
    expect(takeAll()).toEqual([pruned]);
  });

  test('retry-failed is handled only when every record has begun again, so that a new leader begins those that the old one left', async () => {
    begin();
    put(0, 1);
    await ready();
    const [name = ''] = takeAll();
    world.finish(name, 'Failed');
    await world.within(10_000, () => world.source().status.files?.failed === 1);
    world.begun = new Promise(() => {});
    world.edit({ annotations: { 'spanferry.io/retry-failed': 't1' } });
    await world.within(5_000, () => world.source().status.files?.failed === 0);
    await world.clock.advance(60_000);
    expect(world.source().status.handled?.retryFailed).toBeUndefined();
    world.newLeader();
    await world.within(5_000, () => world.retried.length === 2);
    expect(world.source().status.handled?.retryFailed).toBeUndefined();
    world.begun = Promise.resolve();
    world.newLeader();
    await world.within(5_000, () => world.source().status.handled?.retryFailed === 't1');
    expect(world.retried).toHaveLength(3);
    world.newLeader();
    await ready();
    await world.clock.advance(60_000);
    expect(world.retried).toHaveLength(3);
  });

  test('accept-ledger goes on after a hole', async () => {
    begin();
    put(0, 3);
    await ready();
    for (const name of takeAll()) {
      world.finish(name);
      world.prune(name);
    }
    await world.within(10_000, () => world.source().status.ledger?.entries === 3);
    world.segments.clear();
    world.newLeader();
    await world.within(5_000, () => world.ready()?.reason === 'LedgerIncomplete');
    expect(kstatus(world.source())).toBe('Failed');
    expect(world.part().supplies()).toEqual([]);
    world.edit({ annotations: { 'spanferry.io/accept-ledger': 't1' } });
    await world.within(5_000, () => world.source().status.handled?.acceptLedger === 't1');
    await world.within(5_000, () => takeAll().length === 3);
  });

  test('to start over, all segments are deleted under the running leader', async () => {
    begin();
    put(0, 3);
    await ready();
    for (const name of takeAll()) {
      world.finish(name);
      world.prune(name);
    }
    await world.within(10_000, () => world.source().status.ledger?.entries === 3);
    world.segments.clear();
    world.edit({ annotations: { 'spanferry.io/accept-ledger': 't1' } });
    await world.within(5_000, () => world.source().status.handled?.acceptLedger === 't1');
    await world.within(5_000, () => takeAll().length === 3);
  });
});

describe('the ledger', () => {
  test('that cannot be opened leaves the store to be tested, once for each token', async () => {
    begin();
    put(0, 3);
    await ready();
    world.segments.clear();
    world.newLeader();
    await world.within(10_000, () => world.ready()?.reason === 'LedgerIncomplete');
    for (const token of ['t1', 't2']) {
      world.edit({ annotations: { 'spanferry.io/test': token } });
      await world.within(10_000, () => world.source().status.lastTest?.token === token);
      expect(world.source().status).toMatchObject({ lastTest: { ok: true, filesFound: 3 }, handled: { test: token } });
    }
    const told = reasons().filter((reason) => reason === 'TestSucceeded').length;
    await world.clock.advance(5 * minute);
    expect([told, reasons().filter((reason) => reason === 'TestSucceeded').length]).toEqual([2, 2]);
    expect(world.ready()?.reason).toBe('LedgerIncomplete');
  });

  test('of a source that has done nothing yet is no riddle to the next leader', async () => {
    begin();
    await ready();
    expect(world.source().status.ledger).toEqual({ entries: 0, segments: 1 });
    world.newLeader();
    await world.within(5_000, () => world.part().supplies().length === 1);
    expect(world.ready()?.status).toBe('True');
  });

  test('gets verdicts in batches, within seconds', async () => {
    begin();
    put(0, 50);
    await ready();
    const before = world.puts();
    for (const name of takeAll()) world.finish(name);
    await world.within(10_000, () => world.segments.get(0)?.spec.entries === 50);
    expect(world.puts() - before).toBeLessThanOrEqual(2);
  });

  test('that somebody else wrote is read anew, and nothing that was waiting is forgotten', async () => {
    begin();
    put(0, 2);
    await ready();
    const head = world.segments.get(0);
    if (head) world.segments.set(0, { ...head, token: 'of somebody else' });
    for (const name of takeAll()) world.finish(name);
    await world.within(60_000, () => world.segments.get(0)?.spec.entries === 2);
    await world.within(10_000, () => world.source().status.files?.completed === 2);
  });

  test('of a source that is gone is swept in the end, but not of one that only this version does not understand', async () => {
    begin();
    await ready();
    const old = new Date(world.clock.now() - 8 * 86_400_000).toISOString();
    world.ledgers.push(
      { namespace: 'ml-platform', name: 'checkout-agents', orphanedSince: old },
      { namespace: 'ml-platform', name: 'of-tomorrow', orphanedSince: old },
      { namespace: 'ml-platform', name: 'gone-long-ago', orphanedSince: old },
      { namespace: 'ml-platform', name: 'just-gone' },
    );
    await world.clock.advance(3 * minute);
    expect(world.swept).toEqual(['checkout-agents is back', 'gone-long-ago removed', 'just-gone has no source']);
  });
});
