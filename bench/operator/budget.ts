import { sleep } from '../../src/std/sleep.ts';
import type { Row } from '../support/rows.ts';
import { type Operator, type Stand, startStand } from './stand.ts';

const FILES = 1_500;
const BUDGET = 100;
const EVERY_MS = 100;
const TEN_SECONDS = 10_000;

/** Files too large for packs under the default write budget: three writes each, as fast as the budget lets them. */
export async function budget(): Promise<readonly Row[]> {
  const stand = await startStand([{ prefix: 'lone/', count: FILES, kind: 'lone' }]);
  try {
    const operator = await stand.operator();
    const seen = await watched(stand, operator);
    return [
      // What a tenth of a second is worth may come at once after a rest.
      { name: 'default budget: writes in the busiest second', value: busiest(seen, 1_000), unit: 'a second', most: BUDGET + BUDGET / 10 },
      {
        name: 'default budget: writes in the busiest ten seconds',
        value: busiest(seen, TEN_SECONDS),
        unit: 'a second',
        most: BUDGET + BUDGET / 100,
      },
      { name: 'default budget: how much of it is used, on the whole', value: (100 * average(seen)) / BUDGET, unit: '%' },
    ];
  } finally {
    await stand.close();
  }
}

type Look = { readonly at: number; readonly writes: number };

/** Looks at the number of writes until all files are done. Leases are not in it: their renewal waits for nobody. */
async function watched(stand: Stand, operator: Operator): Promise<readonly Look[]> {
  const looks: Look[] = [];
  await stand.source('lone');
  let isOver = false;
  const completed = stand.completed('lone', FILES).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const [all, leases] = [
      await operator.metric('spanferry_api_writes_total'),
      await operator.metric('spanferry_api_writes_total', 'leases'),
    ];
    looks.push({ at: performance.now(), writes: all - leases });
    await sleep(EVERY_MS);
  }
  await completed;
  return looks;
}

/** The most writes a second in any stretch of this length. */
function busiest(looks: readonly Look[], ms: number): number {
  const rates = looks.flatMap(({ at, writes }, from) => {
    const to = looks.slice(from).find((later) => later.at - at >= ms);
    return to ? [(1_000 * (to.writes - writes)) / (to.at - at)] : [];
  });
  return Math.max(0, ...rates);
}

function average(looks: readonly Look[]): number {
  const [first, last] = [looks[0], looks.at(-1)];
  return first && last ? (1_000 * (last.writes - first.writes)) / (last.at - first.at) : 0;
}
