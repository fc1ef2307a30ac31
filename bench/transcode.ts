import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { corpora } from './corpora/corpora.ts';
import { bundle } from './transcode/bundle.ts';
import { coldStarts } from './transcode/cold-starts.ts';
import { median } from './transcode/measure.ts';

/**
 * How fast files become OTLP protobuf: against JSON.parse of the same bytes, by CPU time, and within which memory. Prints a table; with
 * `--json` the last line is one object. `--quick` takes one process instead of five and leaves out the memory of large files.
 */

/** Bundled as it is shipped: otherwise what strips the types from sources is still being compiled while the first runs are timed. */
const folder = mkdtempSync(join(tmpdir(), 'spanferry-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const child = join(folder, 'child.mjs');
await bundle('child.ts', child);
for (const { name, bytes } of corpora) writeFileSync(join(folder, `${name}.json`), bytes());
const quick = process.argv.includes('--quick');
const processes = quick ? 1 : 5;

type Numbers = Readonly<Record<string, number>>;

const measure = (what: string, of = ''): Numbers => JSON.parse(execFileSync(process.execPath, [child, what, of], { encoding: 'utf8' }));

/** Each number is the median over several processes. */
function medians(what: string, of = '', times = processes): Numbers {
  const all = Array.from({ length: times }, () => measure(what, of));
  return Object.fromEntries(Object.keys(all[0]!).map((key) => [key, median(all.map((one) => one[key]!))]));
}

type Row = { readonly name: string; readonly value: number; readonly unit: string; readonly most?: number; readonly least?: number };
const rows: Row[] = [];
const note = (row: Row): void => {
  rows.push(row);
  const { name, value, unit, most, least } = row;
  const bound = most !== undefined ? `at most ${most}` : least !== undefined ? `at least ${least}` : '';
  const missed = (most !== undefined && value > most) || (least !== undefined && value < least);
  console.log(`${name.padEnd(48)} ${value.toFixed(2).padStart(12)} ${unit.padEnd(8)} ${bound.padEnd(14)} ${missed ? 'MISSED' : ''}`);
};

let product = 1;
for (const { name } of corpora) {
  const { bytes, spans, transcodeMs, parseMs } = medians('speed', name) as Record<string, number>;
  product *= parseMs! / transcodeMs!;
  note({ name: `${name}: times JSON.parse`, value: parseMs! / transcodeMs!, unit: '×', least: 3.5 });
  note({ name: `${name}: speed`, value: bytes! / transcodeMs! / 1000, unit: 'MB/s' });
  note({ name: `${name}: JSON.parse`, value: bytes! / parseMs! / 1000, unit: 'MB/s' });
  note({ name: `${name}: spans`, value: spans! / transcodeMs!, unit: 'k/s' });
}
note({ name: 'geometric mean: times JSON.parse', value: product ** (1 / corpora.length), unit: '×', least: 5 });
const chunked = medians('chunked', 'genai');
note({ name: 'genai in chunks of 64 KB: times JSON.parse', value: chunked.parseMs! / chunked.transcodeMs!, unit: '×' });

for (const compression of ['gzip', 'zstd']) {
  const { inflateMs, transcodeMs, bothMs } = medians('compressed', compression) as Record<string, number>;
  note({ name: `${compression}: to inflate alone + transcode alone`, value: bothMs! / (inflateMs! + transcodeMs!), unit: '×', most: 1.15 });
}

const small = medians('small');
note({ name: '4 KB documents, each beyond reading', value: small.microsEach!, unit: 'µs', most: 4 });
note({ name: '4 KB documents as files, each', value: small.microsEachAsFile!, unit: 'µs' });
note({ name: '4 KB documents as files, 256 in a job, each', value: small.microsEachInPack!, unit: 'µs', most: 4 });
note({ name: '… through a pool with one thread', value: small.microsEachInPool!, unit: 'µs' });
const threads = medians('threads');
note({ name: 'two threads to one', value: threads.oneMs! / threads.twoMs!, unit: '×', least: 1.7 });
note({ name: '… that read by themselves, as the machine can', value: threads.oneAloneMs! / threads.twoAloneMs!, unit: '×' });
const firstBatchMs = median(await coldStarts(folder, 'genai.json'));
note({ name: 'first batch of a cold process', value: firstBatchMs, unit: 'ms', most: 120 });

if (!quick) {
  for (const file of ['600 MB document', '600 MB document, headers behind', '2 GB of lines', '200 MB document in gzip']) {
    const { peakMb, bytes, seconds } = measure('memory', file);
    note({ name: `${file}: peak RSS`, value: peakMb!, unit: 'MB', most: 200 });
    note({ name: `${file}: speed by the clock`, value: bytes! / seconds! / 1e6, unit: 'MB/s' });
  }
}

if (process.argv.includes('--json')) {
  const of = (unit: boolean) =>
    Object.fromEntries(rows.filter((row) => (row.unit === '×') === unit).map(({ name, value }) => [name, value]));
  const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model };
  console.log(JSON.stringify({ name: 'transcode', figures: of(false), ratios: of(true), machine }));
}
