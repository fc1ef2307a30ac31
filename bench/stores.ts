import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { type Dispatcher, Pool } from 'undici';
import { openStores } from '../src/stores/registry.ts';
import { encodedKey, getSigner } from '../src/stores/s3/sign.ts';
import type { Store, StoredFile } from '../src/stores/store.ts';
import { s3Access } from '../test/conformance/stores/servers/s3.ts';
import { startS3Server } from '../test/support/s3-server/server.ts';

// What reading from S3 costs the client: its own CPU, with the server in another process.

type Served = { readonly endpoint: string; readonly accessKeyId: string; readonly secretAccessKey: string };
type Cost = { readonly cpuMs: number; readonly wallMs: number };

const BUCKET = 'bench';
const KIB = 1024;
const small = { prefix: 'small/', count: 512, size: 4 * KIB, reads: 16_384, parallel: 64 };
const large = { prefix: 'large/', count: 32, size: KIB * KIB, reads: 768, parallel: 16 };
const listed = { prefix: 'many/', count: 100_000 };

if (process.argv[2] === 'serve') await serve();
else await measure(process.argv.includes('--json'));

/** The server half: fills a bucket and says where it is. */
async function serve(): Promise<void> {
  const server = await startS3Server();
  server.createBucket(BUCKET);
  for (const { prefix, count, size } of [small, large]) {
    for (let n = 0; n < count; n++) server.put(BUCKET, `${prefix}${String(n).padStart(5, '0')}.json`, Buffer.alloc(size, 'x'));
  }
  for (let n = 0; n < listed.count; n++) server.put(BUCKET, `${listed.prefix}2026/11/20/run-${String(n).padStart(6, '0')}.json`, '{}');
  const { credential } = server.identities.addUser('reader');
  process.send?.({ endpoint: server.endpoint, ...credential } satisfies Served);
}

async function measure(json: boolean): Promise<void> {
  const child = fork(import.meta.filename, ['serve']);
  try {
    const [served] = (await once(child, 'message')) as [Served];
    const stores = openStores({ allowLoopback: true });
    const { spec, secrets } = s3Access(served.endpoint, BUCKET, served);
    const store = await stores.open(spec, { source: { namespace: 'bench', name: 'bench' }, secrets, operatorIdentity: false });
    report(await figuresOf(store, served), json);
    store.close();
    stores.close();
  } finally {
    child.kill();
  }
}

async function figuresOf(store: Store, served: Served) {
  const [smallFiles, largeFiles] = [await filesUnder(store, small.prefix), await filesUnder(store, large.prefix)];
  const read = (file: StoredFile) => drain(store.open(file));
  const bare = bareGet(served);
  await parallel(small.parallel, 4_096, smallFiles, read);
  await parallel(small.parallel, 4_096, smallFiles, bare.get);
  const smallRead = await cost(() => parallel(small.parallel, small.reads, smallFiles, read));
  const smallBare = await cost(() => parallel(small.parallel, small.reads, smallFiles, bare.get));
  const largeRead = await cost(() => parallel(large.parallel, large.reads, largeFiles, read));
  const largeBare = await cost(() => parallel(large.parallel, large.reads, largeFiles, bare.get));
  await bare.close();
  const listing = await listingCost(store);
  const perSmall = ({ cpuMs }: Cost) => cpuMs / small.reads;
  const megabytes = (large.reads * large.size) / 1e6;
  const perSecond = ({ cpuMs }: Cost) => megabytes / (cpuMs / 1_000);
  return {
    figures: {
      'CPU per 4 KiB object (ms)': round(perSmall(smallRead), 3),
      'the same, bare undici (ms)': round(perSmall(smallBare), 3),
      '1 MiB objects (MB per CPU-second)': round(perSecond(largeRead), 0),
      'the same, bare undici (MB per CPU-second)': round(perSecond(largeBare), 0),
      'listing 100,000 keys (s)': round(listing.wallMs / 1_000, 2),
      'listing 100,000 keys (CPU-s)': round(listing.cpuMs / 1_000, 2),
      'listing 100,000 keys (MB of extra memory)': round(listing.extraMb, 1),
    },
    ratios: {
      'small objects over bare undici': round(perSmall(smallRead) / perSmall(smallBare), 2),
      'large objects over bare undici': round(perSecond(largeBare) / perSecond(largeRead), 2),
    },
  };
}

/** GETs that are signed beforehand and do nothing but read: what no client can beat with undici. */
function bareGet({ endpoint, accessKeyId, secretAccessKey }: Served) {
  const pool: Dispatcher = new Pool(endpoint, { connections: 256 });
  const sign = getSigner('us-east-1');
  const { host } = new URL(endpoint);
  const signed = new Map<string, Record<string, string>>();
  const get = async ({ key, version }: StoredFile) => {
    const path = `/${BUCKET}/${encodedKey(key)}`;
    const headers =
      signed.get(key) ?? sign({ host, path, headers: { 'if-match': `"${version}"` } }, { accessKeyId, secretAccessKey }, Date.now());
    signed.set(key, headers);
    const { body } = await pool.request({ path, method: 'GET', headers });
    await drain(body);
  };
  return { get, close: () => pool.close() };
}

async function listingCost(store: Store): Promise<Cost & { readonly extraMb: number }> {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let [highest, count] = [before, 0];
  const spent = await cost(async () => {
    for await (const { files } of store.list({ prefix: listed.prefix })) {
      count += files.length;
      highest = Math.max(highest, process.memoryUsage().rss);
    }
  });
  if (count !== listed.count) throw new Error(`listed ${count} keys`);
  return { ...spent, extraMb: (highest - before) / 1e6 };
}

async function cost(work: () => Promise<void>): Promise<Cost> {
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMs: (user + system) / 1_000, wallMs: performance.now() - wall };
}

async function parallel(
  width: number,
  reads: number,
  files: readonly StoredFile[],
  read: (file: StoredFile) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let n = next++; n < reads; n = next++) await read(files[n % files.length]!);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

async function drain(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of body);
}

async function filesUnder(store: Store, prefix: string): Promise<readonly StoredFile[]> {
  const files: StoredFile[] = [];
  for await (const page of store.list({ prefix })) files.push(...page.files);
  return files;
}

function report({ figures, ratios }: Awaited<ReturnType<typeof figuresOf>>, json: boolean): void {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`;
  if (json) console.log(JSON.stringify({ name: 'stores', figures, ratios, machine }));
  else console.table({ ...figures, ...ratios });
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
