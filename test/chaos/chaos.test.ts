import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { twoBuilds } from './builds.ts';
import { trial } from './trial.ts';

let folder: string;
let builds: Awaited<ReturnType<typeof twoBuilds>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spanferry-builds-'));
  builds = await twoBuilds(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Seeds are fixed, so that a run is the same for everybody as far as time allows; `npm run chaos` looks for new ones. */
test.each([{ seed: 1, ms: 150_000, files: 500 }])(
  'all guarantees hold after $ms ms of faults (seed $seed)',
  { timeout: 480_000 },
  async (options) => {
    const { complaints, summary, history } = await trial({ ...options, builds });
    console.log(`chaos with seed ${options.seed}: ${summary}`);
    if (complaints.length > 0) console.log(history.lines.join('\n'));
    expect(complaints, complaints.join('\n')).toEqual([]);
  },
);
