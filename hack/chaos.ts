import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { twoBuilds } from '../test/chaos/builds.ts';
import type { Doing } from '../test/chaos/plan.ts';
import { trial } from '../test/chaos/trial.ts';
import { need } from './tools/prepare.ts';

// npm run chaos                                   five minutes of faults with a new seed
// npm run chaos -- --seed N --minutes M --files F --only kill,pause

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    minutes: { type: 'string', default: '5' },
    files: { type: 'string', default: '2000' },
    only: { type: 'string' },
  },
});
const seed = Number(values.seed);
await need('controlplane');

const folder = await mkdtemp(join(tmpdir(), 'spanferry-build-'));
process.once('exit', () => void rm(folder, { recursive: true, force: true }));
const builds = await twoBuilds(folder);
console.log(`chaos with seed ${seed}`);
const { complaints, summary } = await trial({
  seed,
  ms: 60_000 * Number(values.minutes),
  files: Number(values.files),
  builds,
  only: values.only?.split(',') as Doing[] | undefined,
  tell: (line) => console.log(line),
});
await rm(folder, { recursive: true, force: true });
for (const each of complaints) console.error(each);
console.log(`seed ${seed}: ${summary}: ${complaints.length === 0 ? 'all guarantees hold' : `${complaints.length} complaints`}`);
process.exitCode = complaints.length === 0 ? 0 : 1;
