import { durationMs } from '../../api/duration.ts';
import type { Source } from '../../kube/ownkinds.ts';
import { clean } from '../terminal/clean.ts';
import { counted } from '../terminal/words.ts';
import { answeredOrTold, askSource } from './ask.ts';
import { type Form, type Line, writeLines, writeValue } from './output.ts';
import type { Cluster } from './session.ts';
import { answerIsNo, done } from './session.ts';
import { calledIn, type SourceChoice, sourcesToChange } from './sources.ts';
import { remedyOf } from './trouble.ts';

export type TestOptions = SourceChoice & { readonly timeout: string; readonly output?: Extract<Form, 'json' | 'yaml'> };

/** Has the connection tested by the operator, and says as whom it reads and how many files match, or what is wrong and what mends it. */
export async function test(cluster: Cluster, names: readonly string[], options: TestOptions): Promise<number> {
  const { io } = cluster;
  const asked = [];
  for (const source of await sourcesToChange(cluster, names, options))
    asked.push({ source, token: await askSource(cluster, source, 'test') });
  const tested: Source[] = [];
  for (const { source, token } of asked) {
    const after = await answeredOrTold(cluster, source, 'test', token, durationMs(options.timeout));
    if (!after) continue;
    tested.push(after);
    if (!options.output) await writeLines(testLines(after, calledIn(options)(after)), io);
  }
  const [only] = asked.length === 1 ? tested : [];
  if (options.output && (asked.length > 1 || only)) await writeValue(options.output, only ? testJson(only) : tested.map(testJson), io);
  return tested.length === asked.length && tested.every(({ status }) => status.lastTest?.ok) ? done : answerIsNo;
}

/** What a person reads of a test. */
export function testLines({ status }: Source, name: string): readonly Line[] {
  const { ok, filesFound = 0, reason = '', message = '' } = status.lastTest ?? { ok: false };
  if (ok) {
    const found = message === '' ? counted(filesFound, 'file matches', 'files match') : clean(message);
    return [{ text: `✓ ${name}: ${clean(status.location ?? '')} can be listed and read`, colour: 'green' }, { text: `    ${found}` }];
  }
  const remedy = remedyOf(reason);
  return [
    { text: `✗ ${name}: ${clean(message)} (${clean(reason)})`, colour: 'red' },
    ...(remedy === undefined ? [] : [{ text: `    → ${remedy}` }]),
  ];
}

const testJson = ({ metadata: { namespace, name }, status: { identity, location, lastTest } }: Source): object => ({
  namespace,
  name,
  location,
  identity: identity ?? null,
  ...lastTest,
});
