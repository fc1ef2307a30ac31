import { readFileSync } from 'node:fs';
import { createGunzip, createGzip, createZstdDecompress, gzipSync, zstdCompressSync } from 'node:zlib';
import { type Batch, defaultSettings, type TranscodeMany } from '../../src/transcode/port.ts';
import { createPool } from '../../src/transcode/threads/pool.ts';
import { isTranscodeThread, serveThread } from '../../src/transcode/threads/thread.ts';
import { transcode, transcodeMany } from '../../src/transcode/transcode.ts';
import { aloneMs, isAlone, serveAlone } from './alone.ts';
import { median, medianCpuMs, RUNS, WARM_UPS } from './measure.ts';
import { inputFrom, inputOf, manyLines, oneDocument, smallDocuments } from './streams.ts';

/** One measurement in a process of its own: `child.ts <what> [corpus]` prints an object of numbers. */

const MB = 1_000_000;
/** A taker that is done with a batch at once, as a worker is when it was sent. */
const drop = ({ release }: Batch) => release?.();
/** Written beside this program by whoever starts it: what making them leaves behind would be cleared away while runs are timed. */
const bytesOf = (name: string) => readFileSync(new URL(`${name}.json`, import.meta.url));

/** Both get the same bytes at once; `chunk` says how many at a time otherwise. */
async function speed(corpus: string, chunk?: number) {
  const bytes = bytesOf(corpus);
  const input = inputFrom(bytes, chunk ?? bytes.length);
  const { spans } = await transcode(input, defaultSettings, drop);
  const transcodeMs = await medianCpuMs(() => transcode(input, defaultSettings, drop));
  const parseMs = await medianCpuMs(() => JSON.parse(bytes.toString()));
  return { bytes: bytes.length, spans, transcodeMs, parseMs };
}

async function inflateAlone(packed: Uint8Array, compression: string): Promise<void> {
  const engine = compression === 'gzip' ? createGunzip({ chunkSize: MB }) : createZstdDecompress({ chunkSize: MB });
  engine.end(packed);
  for await (const _ of engine);
}

async function compressed(compression: string) {
  const bytes = bytesOf('genai');
  const packed = compression === 'gzip' ? gzipSync(bytes) : zstdCompressSync(bytes);
  const inflateMs = await medianCpuMs(() => inflateAlone(packed, compression));
  const transcodeMs = await medianCpuMs(() => transcode(inputFrom(bytes), defaultSettings, drop));
  const bothMs = await medianCpuMs(() => transcode(inputFrom(packed), defaultSettings, drop));
  return { inflateMs, transcodeMs, bothMs };
}

const files: Record<string, () => ReturnType<typeof inputOf>> = {
  '600 MB document': () => inputOf(oneDocument(600 * MB, 'before')),
  '600 MB document, headers behind': () => inputOf(oneDocument(600 * MB, 'behind')),
  '2 GB of lines': () => inputOf(manyLines(2_000 * MB)),
  '200 MB document in gzip': () => {
    const plain = inputOf(oneDocument(200 * MB, 'before'));
    return { open: (_from, signal) => gzipped(plain.open(0, signal)) };
  },
};

async function* gzipped(plain: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const engine = createGzip({ level: 1 });
  const feed = (async () => {
    for await (const chunk of plain) if (!engine.write(chunk)) await new Promise((resolve) => engine.once('drain', resolve));
    engine.end();
  })();
  yield* engine;
  await feed;
}

async function memory(file: string) {
  const started = performance.now();
  const { spans, bytes } = await transcode(files[file]!(), defaultSettings, drop);
  return { spans, bytes, seconds: (performance.now() - started) / 1000, peakMb: process.resourceUsage().maxRSS / 1024 };
}

async function small() {
  const documents = smallDocuments(2_500);
  const lines = Buffer.concat(documents.flatMap((line) => [line, Buffer.from('\n')]));
  const read = async () => {
    for await (const _ of inputFrom(lines).open(0, new AbortController().signal));
  };
  const readMs = await medianCpuMs(read);
  const transcodeMs = await medianCpuMs(() => transcode(inputFrom(lines), defaultSettings, drop));
  const filesMs = await medianCpuMs(async () => {
    for (const document of documents) await transcode(inputFrom(document), defaultSettings, drop);
  });
  const pool = createPool({ threads: 1 });
  const packs = (run: TranscodeMany) => async () => {
    for (let i = 0; i < documents.length; i += 256) {
      await run(
        documents.slice(i, i + 256).map((bytes) => ({ bytes })),
        defaultSettings,
        drop,
      );
    }
  };
  const packsMs = await medianCpuMs(packs(transcodeMany));
  const pooledMs = await medianCpuMs(packs(pool.transcodeMany));
  await pool.close();
  const each = (ms: number) => ((ms - readMs) * 1000) / documents.length;
  const bytes = lines.length / documents.length;
  return {
    bytes,
    microsEach: each(transcodeMs),
    microsEachAsFile: each(filesMs),
    microsEachInPack: each(packsMs),
    microsEachInPool: each(pooledMs),
  };
}

/** Wall time: the point of a second thread. */
async function threads() {
  const bytes = bytesOf('genai');
  const jobs = 8;
  const wallMs = async (count: number) => {
    const pool = createPool({ threads: count });
    const times: number[] = [];
    for (let i = 0; i < WARM_UPS + RUNS; i++) {
      const started = performance.now();
      await Promise.all(Array.from({ length: jobs }, () => pool.transcode(inputFrom(bytes), defaultSettings, drop)));
      times.push(performance.now() - started);
    }
    await pool.close();
    return median(times.slice(WARM_UPS));
  };
  const program = new URL(import.meta.url);
  return {
    oneMs: await wallMs(1),
    twoMs: await wallMs(2),
    oneAloneMs: await aloneMs(program, 1, jobs),
    twoAloneMs: await aloneMs(program, 2, jobs),
  };
}

const measures: Record<string, (of: string) => Promise<object>> = {
  speed: (corpus) => speed(corpus),
  chunked: (corpus) => speed(corpus, 64 * 1024),
  compressed,
  memory,
  small,
  threads,
};
if (isTranscodeThread()) serveThread({ transcode, transcodeMany });
else if (isAlone()) serveAlone(new URL('genai.json', import.meta.url));
else {
  const [what = '', of = ''] = process.argv.slice(2);
  console.log(JSON.stringify(await measures[what]!(of)));
}
