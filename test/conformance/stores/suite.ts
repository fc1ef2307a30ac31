import { afterAll, describe, expect, test } from 'vitest';
import { failureOf } from '../../../src/api/failure.ts';
import { openStores } from '../../../src/stores/registry.ts';
import type { ListOptions, Store, StoredFile } from '../../../src/stores/store.ts';
import { compareUtf8 } from '../../../src/stores/utf8-order.ts';
import type { Access, Capability, Driver, TestServer } from './driver.ts';

/** The cases that every store has to pass, whatever server is behind it. */
export async function conformance({ name, start }: Driver): Promise<void> {
  const server = await start();
  if (!server) {
    describe.skip(name, () => test('its program is not there', () => {}));
    return;
  }

  const stores = openStores({ allowLoopback: true, ...server.options });
  const opened: Store[] = [];
  const open = async ({ spec, secrets }: Access): Promise<Store> => {
    const store = await stores.open(spec, {
      source: { namespace: 'ml-platform', name: 'checkout-agents' },
      secrets,
      operatorIdentity: false,
    });
    opened.push(store);
    return store;
  };
  afterAll(async () => {
    for (const store of opened) store.close();
    stores.close();
    await server.stop();
  });

  describe(`${name}: listing`, () => listing(server, open));
  describe(`${name}: reading`, () => reading(server, open));
  describe(`${name}: trouble`, () => trouble(server, open));
}

type Open = (access: Access) => Promise<Store>;

function listing(server: TestServer, open: Open): void {
  /** A case that a server cannot pass is printed with the reason. */
  const needing = (capability: Capability) => {
    const reason = server.cannot[capability];
    return reason === undefined
      ? test
      : (sentence: string, _body: () => Promise<void>) => test.skip(`${sentence} (cannot: ${reason})`, () => {});
  };

  test('an empty bucket gives no file and can be probed', async () => {
    const store = await open((await server.createBucket()).access());
    await store.probe();
    expect(await keys(store)).toEqual([]);
  });

  needing('odd keys')('odd keys come back as they were written', async () => {
    const bucket = await server.createBucket();
    for (const key of oddKeys) await bucket.put(key, key);
    const store = await open(bucket.access());
    expect(await keys(store)).toEqual([...oddKeys].sort(compareUtf8));
    for (const file of await files(store)) expect(await text(store, file)).toBe(file.key);
  });
}

function reading(server: TestServer, open: Open): void {
  test('an object is read from its beginning and from an offset', async () => {
    const bucket = await server.createBucket();
    await bucket.put('agents/run.json', '0123456789');
    const store = await open(bucket.access('agents/'));
    const [file] = await files(store);
    expect(await text(store, file!)).toBe('0123456789');
    expect(await text(store, file!, 4)).toBe('456789');
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

async function files(store: Store, options: ListOptions = {}): Promise<readonly StoredFile[]> {
  const all: StoredFile[] = [];
  for await (const page of store.list(options)) all.push(...page.files);
  return all;
}

const keys = async (store: Store, options: ListOptions = {}): Promise<readonly string[]> =>
  (await files(store, options)).map(({ key }) => key);

async function text(store: Store, file: StoredFile, from = 0): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.open(file, { from })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
