import { parseArgs } from 'node:util';
import { traceFiles } from '../test/fuzz/files.ts';
import type { Subject } from '../test/fuzz/subject.ts';
import { subjects } from '../test/fuzz/subjects.ts';
import { randomFrom } from '../test/support/traces/random.ts';

// npm run fuzz                                 ten seconds of bad input for everything that takes input from strangers
// npm run fuzz -- --seconds N --seed S --only files,manifests

const all = [traceFiles, ...subjects];
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, seed: { type: 'string' }, only: { type: 'string' } },
});
const firstSeed = Number(values.seed ?? Date.now() % 1_000_000_000);
const wanted = values.only?.split(',');
const unknown = wanted?.find((name) => !all.some((subject) => subject.name === name));
if (unknown !== undefined) {
  console.error(`nothing takes "${unknown}"; there are: ${all.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const chosen = all.filter(({ name }) => wanted?.includes(name) ?? true);

const SLOW_MS = 5_000;
const MOST_FINDINGS = 5;

let [seed, current, found] = [firstSeed, '', 0];
const complain = (problem: string): void => {
  found++;
  console.error(`${current}, seed ${seed}: ${problem}`);
};
// A promise that nobody settles ends the process quietly; it shall not.
process.once('exit', () => {
  if (process.exitCode === undefined || process.exitCode === 13) console.error(`${current}, seed ${seed}: it never came to an end`);
});
process.on('unhandledRejection', (thrown) => complain(`a rejection that nobody handles: ${thrown}`));
process.on('uncaughtException', (thrown) => complain(`thrown where nobody catches: ${thrown.stack}`));
// Warnings of a library are words for programmers, too.
process.on('warning', (warning) => complain(`a warning on the terminal: ${warning.message}`));

async function inputs(subject: Subject, ms: number): Promise<number> {
  current = subject.name;
  const until = performance.now() + ms;
  for (seed = firstSeed; performance.now() < until && found < MOST_FINDINGS; seed++) {
    const started = performance.now();
    const problem = await (async () => subject.take(randomFrom(seed)))().catch((thrown: Error) => `throws ${thrown.stack ?? thrown}`);
    const took = performance.now() - started;
    if (problem !== undefined) complain(problem);
    else if (took > SLOW_MS) complain(`took ${Math.round(took)} ms`);
  }
  return seed - firstSeed;
}

for (const subject of chosen) {
  const count = await inputs(subject, (1_000 * Number(values.seconds)) / chosen.length);
  console.log(`${count} ${subject.name} from seed ${firstSeed}`);
}
console.log(found === 0 ? 'nothing found' : `${found} findings`);
process.exit(found === 0 ? 0 : 1);
