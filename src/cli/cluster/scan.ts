import { durationMs } from '../../api/duration.ts';
import type { Source } from '../../kube/ownkinds.ts';
import { clean } from '../terminal/clean.ts';
import { count, counted } from '../terminal/words.ts';
import { answeredOrTold, askSource } from './ask.ts';
import type { Cluster } from './session.ts';
import { answerIsNo, done } from './session.ts';
import { calledIn, type SourceChoice, sourcesToChange } from './sources.ts';
import { plainMessage, remedyOf } from './trouble.ts';

export type ScanOptions = SourceChoice & { readonly wait: boolean; readonly timeout: string };

/** Has everything listed now, and says what was found. */
export async function scan(cluster: Cluster, names: readonly string[], options: ScanOptions): Promise<number> {
  const asked = [];
  for (const source of await sourcesToChange(cluster, names, options))
    asked.push({ source, token: await askSource(cluster, source, 'scan') });
  let isWell = true;
  for (const { source, token } of asked) {
    const said = options.wait
      ? await outcome(cluster, source, token, durationMs(options.timeout))
      : { isWell: true, text: 'asked for a scan' };
    isWell &&= said?.isWell === true;
    if (said) await cluster.io.out.write(`${clean(`${calledIn(options)(source)}: ${said.text}`)}\n`);
  }
  return isWell ? done : answerIsNo;
}

type Said = { readonly isWell: boolean; readonly text: string };

/** Undefined where no answer came, which is told already. */
async function outcome(cluster: Cluster, source: Source, token: string, timeoutMs: number): Promise<Said | undefined> {
  if (source.spec.suspend) return { isWell: false, text: 'it is suspended, so nothing is scanned: `resume` it first' };
  const after = await answeredOrTold(cluster, source, 'scan', token, timeoutMs);
  return after && scanned(after);
}

/** What a scan found, or why it could not look. */
export function scanned({ status }: Source): Said {
  const store = status.conditions?.find(({ type }) => type === 'StoreReady');
  if (store?.status === 'False') {
    return { isWell: false, text: `${store.reason}: ${plainMessage(store)}. ${remedyOf(store.reason) ?? ''}`.trim() };
  }
  const { listed = 0, matched = 0 } = status.lastScan ?? {};
  const { pending = 0, processing = 0, backlog = 0 } = status.files ?? {};
  const toCome = pending + processing + backlog;
  const nothing = status.conditions?.find(({ type, reason }) => type === 'Ready' && reason === 'NoData');
  if (nothing) return { isWell: true, text: nothing.message };
  return {
    isWell: true,
    text: `${counted(listed, 'object')} listed, ${count(matched)} match; ${toCome === 0 ? 'nothing is left to do' : `${count(toCome)} to come`}`,
  };
}
