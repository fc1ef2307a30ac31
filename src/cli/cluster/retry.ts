import { durationMs } from '../../api/duration.ts';
import { type Reason, reasons } from '../../api/reasons.ts';
import type { Source } from '../../kube/ownkinds.ts';
import { clean } from '../terminal/clean.ts';
import { counted } from '../terminal/words.ts';
import { answered, askFile, askSource } from './ask.ts';
import { keyIn } from './key.ts';
import { type Member, membersOf } from './members.ts';
import { filesOf } from './records.ts';
import type { Cluster } from './session.ts';
import { answerIsNo, done, remark } from './session.ts';
import { sourceAwake } from './sources.ts';
import { misused } from './trouble.ts';

export type RetryOptions = { readonly allFailed?: boolean; readonly reason?: readonly string[]; readonly timeout: string };

/** Has failed files tried again: those named, those that failed for a reason, or all of them, pruned ones included. */
export async function retry(cluster: Cluster, name: string, keys: readonly string[], options: RetryOptions): Promise<number> {
  const { allFailed, reason = [] } = options;
  if ([keys.length > 0, allFailed, reason.length > 0].filter(Boolean).length !== 1) {
    misused('say which files: KEY…, --reason REASON, or --all-failed');
  }
  const wanted = reason.map(reasonNamed);
  const source = await sourceAwake(cluster, name);
  if (allFailed) return retryAll(cluster, source, durationMs(options.timeout));
  if (keys.length > 0) return onKeys(cluster, source, keys, { trigger: 'retry', state: 'Failed' });
  return retryReasons(cluster, source, wanted);
}

async function retryReasons(cluster: Cluster, source: Source, wanted: readonly Reason[]): Promise<number> {
  const failed = (await filesOf(cluster, source)).filter(({ state }) => state === 'Failed');
  const chosen = failed.filter(({ reason }) => wanted.some((each) => each === reason));
  const records = new Set(chosen.map((each) => each.record));
  for (const record of records) await askFile(cluster, record, 'retry');
  const others = failed.filter(({ record }) => records.has(record)).length - chosen.length;
  const beside = others > 0 ? `, and ${counted(others, 'other')} in the same pack` : '';
  const why = wanted.join(' or ');
  const said =
    chosen.length === 0
      ? `no record is kept of a file that failed with ${why}`
      : `${counted(chosen.length, 'file is', 'files are')} tried again that failed with ${why}${beside}`;
  await cluster.io.out.write(`${clean(source.metadata.name)}: ${said}\n`);
  return chosen.length > 0 ? done : answerIsNo;
}

export type ForceOptions = { readonly wholePack?: boolean };

/** Has completed files ingested again. */
export async function force(cluster: Cluster, name: string, keys: readonly string[], { wholePack }: ForceOptions): Promise<number> {
  const source = await sourceAwake(cluster, name);
  const refused = ({ record, key }: Member): string | undefined => {
    const others = membersOf(record).length - 1;
    if (others === 0 || wholePack) return undefined;
    return `${key} travelled with ${counted(others, 'other file')}, and only all of them can be ingested again: --whole-pack does`;
  };
  return onKeys(cluster, source, keys, { trigger: 'force', state: 'Completed', refused });
}

async function retryAll(cluster: Cluster, source: Source, timeoutMs: number): Promise<number> {
  const failed = source.status.files?.failed ?? 0;
  await answered(cluster, source, 'retryFailed', await askSource(cluster, source, 'retryFailed'), timeoutMs);
  await cluster.io.out.write(
    `${clean(source.metadata.name)}: ${failed === 0 ? 'no file had failed' : `${counted(failed, 'failed file is', 'failed files are')} tried again`}\n`,
  );
  return done;
}

type Wanted = {
  readonly trigger: 'retry' | 'force';
  readonly state: 'Failed' | 'Completed';
  /** Why it is not done although the file is there. */
  readonly refused?: (file: Member) => string | undefined;
};

/** Sets a trigger on the records of these keys. Each key that it cannot be set for is told with the mend. */
async function onKeys(cluster: Cluster, source: Source, keys: readonly string[], { trigger, state, refused }: Wanted): Promise<number> {
  const files = await filesOf(cluster, source);
  const fitting: Member[] = [];
  for (const given of keys) {
    const key = keyIn(source, given);
    const known = files.filter((each) => each.key === key);
    const found = newest(known.filter((each) => each.state === state));
    const why = found ? refused?.(found) : notFitting(key, newest(known), trigger);
    if (found && why === undefined) fitting.push(found);
    else await remark(cluster, why ?? '');
  }
  const records = new Set(fitting.map((each) => each.record));
  for (const record of records) await askFile(cluster, record, trigger);
  // A pack is asked as a whole: all that failed in it, or all that it holds.
  const asked = files.filter((each) => records.has(each.record) && (trigger === 'force' || each.state === state)).length;
  const how = trigger === 'retry' ? 'tried again' : 'ingested again';
  if (asked > 0) await cluster.io.out.write(`${clean(source.metadata.name)}: ${counted(asked, 'file is', 'files are')} ${how}\n`);
  return fitting.length === keys.length ? done : answerIsNo;
}

const newest = (files: readonly Member[]): Member | undefined =>
  [...files].sort((a, b) => Date.parse(b.modifiedTime) - Date.parse(a.modifiedTime))[0];

function notFitting(key: string, known: Member | undefined, trigger: Wanted['trigger']): string {
  if (known) {
    const instead =
      trigger === 'retry'
        ? known.state === 'Completed'
          ? '; `force` ingests it again'
          : ''
        : known.state === 'Failed'
          ? '; `retry` tries it again'
          : '';
    return `${key} is ${known.state}${instead}`;
  }
  const mend =
    trigger === 'retry'
      ? '`retry --all-failed` tries those again whose records are gone'
      : 'a file whose record is gone is ingested again when it is uploaded again';
  return `no record is kept of ${key}: \`why\` says what became of it; ${mend}`;
}

/** A reason by its name, written in any case. */
function reasonNamed(given: string): Reason {
  const all = Object.keys(reasons) as readonly Reason[];
  const found = all.find((reason) => reason.toLowerCase() === given.toLowerCase());
  return found ?? misused(`there is no reason ${given}; those of files that failed stand in \`files --state Failed\``);
}
