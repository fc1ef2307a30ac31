import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { twoBuilds } from '../test/chaos/builds.ts';
import { type Doing, everything } from '../test/chaos/plan.ts';
import { trial } from '../test/chaos/trial.ts';
import { need } from './tools/prepare.ts';

// npm run chaos                                   five minutes of faults with a new seed
// npm run chaos -- --seed N --minutes M --files F --only kill,pause

/** Reads the flags; a wrong one ends the run with a sentence. */
function flags() {
  const options = { seed: { type: 'string' }, minutes: { type: 'string' }, files: { type: 'string' }, only: { type: 'string' } } as const;
  try {
    const { seed = String(Date.now() % 1_000_000_000), minutes = '5', files = '2000', only } = parseArgs({ options }).values;
    for (const [flag, value] of Object.entries({ seed, minutes, files })) {
      if (!(Number(value) >= 0)) throw new Error(`--${flag} takes a number, not ${value}`);
    }
    const chosen = only?.split(',') as Doing[] | undefined;
    const unknown = chosen?.find((each) => !everything.includes(each));
    if (unknown !== undefined) throw new Error(`there is no fault "${unknown}"; there are: ${everything.join(', ')}`);
    return { seed: Number(seed), ms: 60_000 * Number(minutes), files: Number(files), only: chosen };
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    return process.exit(2);
  }
}

const { seed, ...size } = flags();
await need('controlplane');

const folder = await mkdtemp(join(tmpdir(), 'spanferry-build-'));
process.once('exit', () => void rm(folder, { recursive: true, force: true }));
const builds = await twoBuilds(folder);
console.log(`chaos with seed ${seed}`);
const { complaints, summary } = await trial({
  seed,
  ...size,
  builds,
  tell: (line) => console.log(line),
});
await rm(folder, { recursive: true, force: true });
for (const each of complaints) console.error(each);
console.log(`seed ${seed}: ${summary}: ${complaints.length === 0 ? 'all guarantees hold' : `${complaints.length} complaints`}`);
process.exitCode = complaints.length === 0 ? 0 : 1;
