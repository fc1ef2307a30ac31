import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '../../src/std/sleep.ts';
import { busiest } from '../../test/support/busiest.ts';
import type { Row } from '../support/rows.ts';
import { type Operator, startStand } from './stand.ts';

const FILES = 1_500;
const BUDGET = 100;
const PROCESSES = 3;

/** Files too large for packs under the default write budget: three writes each, as fast as the budget lets them. Counted as they are sent. */
export async function budget(): Promise<readonly Row[]> {
  return [...(await under(1, 'default budget')), ...(await under(PROCESSES, `default budget of ${PROCESSES} processes`))];
}

async function under(processes: number, name: string): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'spanferry-bench-'));
  const sends = join(folder, 'sends');
  const stand = await startStand([{ prefix: 'lone/', count: FILES, kind: 'lone' }]);
  try {
    const operators: Operator[] = [];
    for (let n = 0; n < processes; n++) operators.push(await stand.operator([], sends));
    await shared(operators);
    await stand.source('lone');
    await stand.completed('lone', FILES);
    const moments = readFileSync(sends, 'utf8').trim().split('\n').map(Number);
    return [
      { name: `${name}: writes sent in the busiest second`, value: busiest(moments), unit: 'writes', most: BUDGET },
      { name: `${name}: how much of it is used`, value: (100 * perSecond(moments)) / BUDGET, unit: '%' },
    ];
  } finally {
    await stand.close();
    rmSync(folder, { recursive: true });
  }
}

/** Resolves when all of them know how many they are: the shares make the budget. */
async function shared(operators: readonly Operator[]): Promise<void> {
  for (;;) {
    const shares = await Promise.all(operators.map(({ metric }) => metric('spanferry_api_write_share')));
    const workers = Math.floor(BUDGET / 2 / operators.length);
    if (shares.every((share) => share >= workers) && shares.reduce((sum, share) => sum + share, 0) === BUDGET) return;
    await sleep(100);
  }
}

function perSecond(moments: readonly number[]): number {
  const [first = 0, last = 0] = [moments[0], moments.at(-1)];
  return (1_000 * moments.length) / (last - first);
}
