import { afterAll, describe, expect, test } from 'vitest';
import { failureOf } from '../../../src/api/failure.ts';
import type { OnRequest } from '../../../src/stores/provider.ts';
import { openStores } from '../../../src/stores/registry.ts';
import type { Store } from '../../../src/stores/store.ts';
import { compareUtf8 } from '../../../src/stores/utf8-order.ts';
import type { Access, Capability, Driver, TestServer } from './driver.ts';
import { files, folders, keys, read, text } from './reading.ts';

type Open = (access: Access, onRequest?: OnRequest) => Promise<Store>;

/** The cases that every store has to pass, whatever server is behind it. */
export async function conformance({ name, start }: Driver): Promise<void> {
  const server = await start();
  if (!server) {
    describe.skip(name, () => test('its program is not there', () => {}));
    return;
  }
  const stores = openStores({ allowLoopback: true, ...server.options });
  const opened: Store[] = [];
  const source = { namespace: 'ml-platform', name: 'checkout-agents' };
  const open: Open = async ({ spec, secrets }, onRequest) => {
    const store = await stores.open(spec, { source, secrets, operatorIdentity: false, ...(onRequest && { onRequest }) });
    opened.push(store);
    return store;
  };
  afterAll(async () => {
    for (const store of opened) store.close();
    stores.close();
    await server.stop();
  });

  describe(`${name}: listing`, () => listing(server, open));
  describe(`${name}: order and odd keys`, () => oddness(server, open));
  describe(`${name}: reading`, () => reading(server, open));
  describe(`${name}: trouble`, () => trouble(server, open));
}

/** A case that a server cannot pass stands in the report with the reason. */
const needing = (server: TestServer, capability: Capability) => {
  const reason = server.cannot[capability];
  if (reason === undefined) return test;
  return (sentence: string, _body: () => Promise<void>) => test.skip(`${sentence} (cannot: ${reason})`, () => {});
};

function listing(server: TestServer, open: Open): void {
  test('an empty bucket gives no file and can be probed', async () => {
    const store = await open((await server.createBucket()).access());
    await store.probe();
    expect(await keys(store)).toEqual([]);
  });

  test('only what is under the prefix of the source is listed, and a prefix in the options replaces it', async () => {
    const bucket = await server.createBucket();
    for (const key of ['agents/prod/1.json', 'agents/prod/2.json', 'agents/test/1.json', 'other.json']) await bucket.put(key, '{}');
    const store = await open(bucket.access('agents/prod/'));
    expect(await keys(store)).toEqual(['agents/prod/1.json', 'agents/prod/2.json']);
    expect(await keys(store, { prefix: 'agents/prod/2' })).toEqual(['agents/prod/2.json']);
    expect(await keys(store, { prefix: 'agents/none/' })).toEqual([]);
  });

  test('a listing tells size, version and time, and the version changes with the content', async () => {
    const bucket = await server.createBucket();
    await bucket.put('run.json', 'first');
    const store = await open(bucket.access());
    const [first] = await files(store);
    expect(first).toMatchObject({ key: 'run.json', size: 5 });
    expect(Math.abs((first?.modifiedTime ?? 0) - Date.now())).toBeLessThan(60_000);
    await bucket.put('run.json', 'second');
    const [second] = await files(store);
    expect(second?.version).not.toBe(first?.version);
  });

  test('every request is told before it goes out, by operation: what listing and reading cost', async () => {
    const bucket = await server.createBucket();
    for (const key of ['k/1', 'k/2', 'k/3']) await bucket.put(key, '{}');
    const asked = { list: 0, get: 0 };
    const store = await open(bucket.access(), (operation) => void asked[operation]++);
    const [file] = await files(store, { pageSize: 1 });
    expect(asked).toEqual({ list: 3, get: 0 });
    await text(store, file!);
    expect(asked).toEqual({ list: 3, get: 1 });
    await store.probe();
    expect(asked).toEqual({ list: 4, get: 2 });
  });

  test('a delimiter rolls keys up into folders', async () => {
    const bucket = await server.createBucket();
    for (const key of ['a/1.json', 'a/b/2.json', 'a/c/3.json', 'a/c/4.json', 'z.json']) await bucket.put(key, '{}');
    const store = await open(bucket.access());
    expect(await folders(store, { delimiter: '/' })).toEqual(['a/']);
    expect(await keys(store, { delimiter: '/' })).toEqual(['z.json']);
    expect(await folders(store, { delimiter: '/', prefix: 'a/' })).toEqual(['a/b/', 'a/c/']);
    expect(await keys(store, { delimiter: '/', prefix: 'a/' })).toEqual(['a/1.json']);
  });

  test('a listing goes on after a start key, whether or not that key is there', async () => {
    const bucket = await server.createBucket();
    for (const key of ['k/1', 'k/2', 'k/3']) await bucket.put(key, '{}');
    const store = await open(bucket.access('k/'));
    expect(await keys(store, { startAfter: 'k/2' })).toEqual(['k/3']);
    expect(await keys(store, { startAfter: 'k/15' })).toEqual(['k/2', 'k/3']);
    expect(await keys(store, { startAfter: 'k/3' })).toEqual([]);
    expect(await keys(store, { startAfter: 'a' })).toEqual(['k/1', 'k/2', 'k/3']);
    expect(await keys(store, { startAfter: 'k/1', pageSize: 1 })).toEqual(['k/2', 'k/3']);
  });

  const many = server.manyKeys ?? 5_000;
  test(`${many} keys come in pages, each once and in order`, async () => {
    const bucket = await server.createBucket();
    const wanted = range(many).map((n) => `runs/${String(n).padStart(5, '0')}.json`);
    await inParallel(50, wanted, (key) => bucket.put(key, '{}'));
    const store = await open(bucket.access('runs/'));
    const sizes: number[] = [];
    for await (const page of store.list({ pageSize: many / 5 })) sizes.push(page.files.length);
    expect(sizes.filter((size) => size > 0)).toEqual(range(5).map(() => many / 5));
    expect(await keys(store)).toEqual(wanted);
    expect(await keys(store, { startAfter: wanted[many - 10]! })).toEqual(wanted.slice(many - 9));
  }, 120_000);

  const { wrongRegion } = server;
  if (!wrongRegion) return;
  test('a wrong region is found out and said, and everything works all the same', async () => {
    const bucket = await server.createBucket();
    await bucket.put('run.json', '{}');
    const store = await open(wrongRegion.access(bucket));
    expect((await store.probe()).region).toBe(wrongRegion.right);
    expect(await keys(store)).toEqual(['run.json']);
    const again = await open(wrongRegion.access(bucket));
    const [file] = await files(store);
    expect(await text(again, file!)).toBe('{}');
  });
}

const oddKeys = [
  'a b.json',
  'a+b.json',
  'a%2Fb.json',
  'a&b=c?d#e.json',
  'grüße/日本語.json',
  'emoji/🚀.json',
  'quote\'"<>.json',
  '~tilde(1)!*.json',
];

function oddness(server: TestServer, open: Open): void {
  const roundTrip = async (wanted: readonly string[]) => {
    const bucket = await server.createBucket();
    for (const key of wanted) await bucket.put(key, `content of ${key}`);
    const store = await open(bucket.access());
    const found = await files(store);
    expect(found.map(({ key }) => key)).toEqual([...wanted].sort(compareUtf8));
    for (const file of found) expect(await text(store, file)).toBe(`content of ${file.key}`);
  };

  needing(server, 'odd keys')('odd keys come back as they were written', () => roundTrip(oddKeys));
  needing(server, 'newline in a key')('so does a key with a newline', () => roundTrip(['line\nbreak.json']));
  needing(server, 'leading slash')('so do keys with a leading slash and doubled slashes', () => roundTrip(['/rooted.json', 'a//b.json']));
  needing(server, 'long key')('so does a key of 1,024 bytes', () => roundTrip([longKey]));
  needing(server, 'folder and file of one name')('so do a file and a folder of one name', () => roundTrip(['run', 'run/1.json']));

  needing(server, 'UTF-8 order')('keys come in the order of their UTF-8 bytes, also beyond the basic plane', async () => {
    const bucket = await server.createBucket();
    const wanted = ['A', 'a', 'é', '\ue000 private', '\ufffd', '🚀'];
    for (const key of wanted) await bucket.put(key, '{}');
    const store = await open(bucket.access());
    expect(await keys(store)).toEqual(wanted);
    expect(await keys(store, { startAfter: '\ufffd' })).toEqual(['🚀']);
  });
}

/** Segments stay below 255 bytes, for servers that keep them as file names. */
const longKey = Array.from({ length: 8 }, (_, n) => `${n}`.repeat(n < 7 ? 128 : 121).slice(0, 127))
  .join('/')
  .padEnd(1_024, 'x');

function reading(server: TestServer, open: Open): void {
  test('an object is read from its beginning and from any offset', async () => {
    const bucket = await server.createBucket();
    await bucket.put('agents/run.json', '0123456789');
    const store = await open(bucket.access('agents/'));
    const [file] = await files(store);
    for (const from of [0, 1, 9]) expect(await text(store, file!, { from })).toBe('0123456789'.slice(from));
    expect(await text(store, file!, { from: 10 })).toBe('');
  });

  test('an empty object is an empty stream, and a bucket that begins with one can be probed', async () => {
    const bucket = await server.createBucket();
    await bucket.put('empty.json', '');
    const store = await open(bucket.access());
    await store.probe();
    const [file] = await files(store);
    expect(file?.size).toBe(0);
    expect(await text(store, file!)).toBe('');
  });

  test('an object deleted after it was listed is Deleted', async () => {
    const bucket = await server.createBucket();
    await bucket.put('run.json', '{}');
    const store = await open(bucket.access());
    const [file] = await files(store);
    await bucket.delete('run.json');
    expect(await text(store, file!).then(() => undefined, failureOf)).toMatchObject({ reason: 'Deleted' });
  });

  needing(server, 'pinned reads')('an object replaced after it was listed is Superseded', async () => {
    const bucket = await server.createBucket();
    await bucket.put('run.json', '{"old":true}');
    const store = await open(bucket.access());
    const [file] = await files(store);
    await bucket.put('run.json', '{"new":true}');
    expect(await text(store, file!).then(() => undefined, failureOf)).toMatchObject({ reason: 'Superseded' });
  });

  test('200 objects are read at once', async () => {
    const bucket = await server.createBucket();
    await inParallel(20, range(200), (n) => bucket.put(`${n}.json`, `object ${n}`));
    const store = await open(bucket.access());
    const found = await files(store);
    const contents = await Promise.all(found.map((file) => text(store, file)));
    expect(contents).toEqual(found.map(({ key }) => `object ${Number.parseInt(key, 10)}`));
  });

  test('leaving in the middle of a body, or aborting it, frees its socket', async () => {
    const bucket = await server.createBucket();
    await bucket.put('large.json', Buffer.alloc(8 * 1024 * 1024, 'x'));
    const store = await open(bucket.access());
    const [file] = await files(store);
    for (let n = 0; n < 20; n++) for await (const _ of store.open(file!)) break;
    for (let n = 0; n < 20; n++) {
      const abort = new AbortController();
      const reason = new Error('the worker drains');
      const reading = (async () => {
        for await (const _ of store.open(file!, { signal: abort.signal })) abort.abort(reason);
      })();
      await expect(reading).rejects.toBe(reason);
    }
    if (server.busy) await expect.poll(server.busy, { timeout: 5_000 }).toBe(0);
    expect((await read(store, file!)).length).toBe(8 * 1024 * 1024);
  });

  test('nothing but list and get was called', () => {
    if (!server.operations) return;
    const seen = new Set(server.operations());
    expect([...seen].filter((name) => !/^(list|get|head)/i.test(name))).toEqual([]);
  });
}

function trouble(server: TestServer, open: Open): void {
  test.each(server.troubles)('$name is $reason', async ({ arrange, shows, reason, says }) => {
    const bucket = await server.createBucket();
    await bucket.put('file.json', '{}');
    const [file] = await files(await open(bucket.access()));
    const access = await arrange(bucket);
    const failing = async () => {
      const store = await open(access);
      if (shows === 'probe') await store.probe();
      else await text(store, file!);
    };
    const failure = await failing().then(() => undefined, failureOf);
    expect(failure).toMatchObject({ reason });
    if (says) expect(failure?.message).toMatch(says);
  });

  test.each(server.hiccups ?? [])('$name once is not noticed by who reads', async ({ arrange }) => {
    const bucket = await server.createBucket();
    const body = Buffer.from(
      range(50_000)
        .map((n) => String(n).padStart(6, '0'))
        .join(''),
    );
    await bucket.put('file.json', body);
    const store = await open(bucket.access());
    const [file] = await files(store);
    arrange();
    expect(await read(store, file!)).toEqual(body);
  });
}

const range = (length: number): readonly number[] => Array.from({ length }, (_, n) => n);

async function inParallel<Item>(width: number, items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    range(width).map(async () => {
      for (const item of queue) await work(item);
    }),
  );
}
