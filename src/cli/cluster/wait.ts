import { durationMs } from '../../api/duration.ts';
import { isKube } from '../../kube/errors.ts';
import type { Source } from '../../kube/ownkinds.ts';
import { clean } from '../terminal/clean.ts';
import { count, counted } from '../terminal/words.ts';
import { askSource } from './ask.ts';
import { scanned } from './scan.ts';
import { answerIsNo, type Cluster, done } from './session.ts';
import { signs, silence } from './signs.ts';
import { sourceAwake } from './sources.ts';
import { no, plainMessage, remedyOf } from './trouble.ts';

export type WaitOptions = { readonly for: 'done' | 'scanned'; readonly timeout: string };

const POLL_MS = 500;
/** What is under way is counted anew every second, so one look may fall between two counts. */
const STEADY_MS = 1_500;

/** Waits until a source was scanned, or until nothing of it is left to do. Asks for a scan where the person may. */
export async function wait(cluster: Cluster, name: string, options: WaitOptions): Promise<number> {
  const { kube, io } = cluster;
  const source = await sourceAwake(cluster, name);
  const startedAt = io.clock.now();
  const end = io.clock.monotonic() + durationMs(options.timeout);
  const token = await askSource(cluster, source, 'scan').catch((thrown) =>
    isKube(thrown, 'Forbidden') ? undefined : Promise.reject(thrown),
  );
  let idleSince: number | undefined;
  for (;;) {
    const seen = await kube.sources.get(source.metadata);
    const stalled = seen.status.conditions?.find(({ type, status }) => type === 'Stalled' && status === 'True');
    if (stalled) no(`${name} cannot go on: ${plainMessage(stalled)} (${stalled.reason}). ${remedyOf(stalled.reason) ?? ''}`);
    const isScanned = token === undefined ? scannedSince(seen, startedAt) : seen.status.handled?.scan === token;
    if (isScanned && options.for === 'scanned') return say(cluster, `${name}: ${scanned(seen).text}`, done);
    idleSince = isScanned && isCounted(seen, startedAt) && leftOf(seen) === 0 ? (idleSince ?? io.clock.monotonic()) : undefined;
    if (idleSince !== undefined && io.clock.monotonic() - idleSince >= STEADY_MS) return finished(cluster, source, seen);
    if (io.clock.monotonic() >= end) no(await timedOut(cluster, seen, isScanned, options));
    await io.clock.sleep(POLL_MS);
  }
}

const scannedSince = ({ status }: Source, moment: number): boolean => Date.parse(status.lastScan?.startTime ?? '') >= moment;

const leftOf = ({ status }: Source): number => {
  const { pending = 0, processing = 0, backlog = 0 } = status.files ?? {};
  return pending + processing + backlog;
};

/** A scan that brought news is in the status before all of its files are counted. */
function isCounted({ status }: Source, since: number): boolean {
  const { startTime, matched = 0 } = status.lastScan ?? {};
  const { completed = 0, failed = 0 } = status.files ?? {};
  return !(Date.parse(startTime ?? '') >= since) || completed + failed >= matched;
}

async function say({ io }: Cluster, text: string, code: number): Promise<number> {
  await io.out.write(`${clean(text)}\n`);
  return code;
}

/** All is done; where files failed meanwhile, the answer is no. */
function finished(cluster: Cluster, before: Source, { metadata, status }: Source): Promise<number> {
  const { completed = 0, failed = 0 } = status.files ?? {};
  const more = failed - (before.status.files?.failed ?? 0);
  const failures = more > 0 ? `; ${counted(more, 'file')} failed meanwhile: \`files ${metadata.name} --state Failed\`` : '';
  return say(
    cluster,
    `${metadata.name}: ${counted(completed, 'file')} done, ${count(failed)} failed, nothing left${failures}`,
    more > 0 ? answerIsNo : done,
  );
}

async function timedOut(cluster: Cluster, seen: Source, isScanned: boolean, { timeout }: WaitOptions): Promise<string> {
  const why = silence(await signs(cluster));
  const where = isScanned ? `${counted(leftOf(seen), 'file')} still to come` : 'it was not scanned';
  return `${seen.metadata.name}: ${where} after ${timeout}${why === undefined ? '; --timeout waits longer' : `: ${why}`}`;
}
