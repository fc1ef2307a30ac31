import { need } from '../hack/tools/prepare.ts';
import { budget } from './operator/budget.ts';
import { idle } from './operator/idle.ts';
import { huge, large } from './operator/large.ts';
import { ledger } from './operator/ledger.ts';
import { million } from './operator/million.ts';
import { small } from './operator/small.ts';
import { asObject, line, type Row } from './support/rows.ts';

// npm run bench -- operator [small budget large huge million ledger idle] [--json]     what the whole operator costs, as it is shipped, in front of a real API server

const measurements: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  small,
  budget,
  large,
  huge,
  million,
  ledger,
  idle,
};

const wanted = process.argv.slice(2).filter((each) => !each.startsWith('--'));
const unknown = wanted.find((each) => !(each in measurements));
if (unknown !== undefined) {
  console.error(`there is no measurement "${unknown}"; there are: ${Object.keys(measurements).join(', ')}`);
  process.exit(2);
}
await need('controlplane');

const rows: Row[] = [];
for (const [name, measure] of Object.entries(measurements)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const row of await measure()) {
    rows.push(row);
    console.log(line(row));
  }
}
if (process.argv.includes('--json')) console.log(JSON.stringify(asObject('operator', rows)));
process.exit(0);
