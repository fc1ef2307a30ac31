import { createInterface } from 'node:readline/promises';
import { Readable } from 'node:stream';
import { durationMs } from '../../api/duration.ts';
import type { Source } from '../../kube/ownkinds.ts';
import { clean } from '../terminal/clean.ts';
import { counted } from '../terminal/words.ts';
import { answered, askSource, until } from './ask.ts';
import { recordsOf } from './records.ts';
import { answerIsNo, type Cluster, done, remark } from './session.ts';
import { signs, unanswered } from './signs.ts';
import { sourceNamed } from './sources.ts';
import { misused, no } from './trouble.ts';

export type ForgetOptions = { readonly yes: boolean; readonly timeout: string };

/** Starts a source over: all that it has done is forgotten, and every file that matches is ingested again. */
export async function forget(cluster: Cluster, name: string, { yes, timeout }: ForgetOptions): Promise<number> {
  const source = await sourceNamed(cluster, name);
  const remembered = counted(source.status.ledger?.entries ?? 0, 'file');
  const question = `${name} forgets ${remembered} that it has ingested, and its totals; every file that matches is ingested again.`;
  if (!yes && !(await agreed(cluster, question))) {
    await cluster.io.out.write('Nothing was forgotten.\n');
    return answerIsNo;
  }
  await startOver(cluster, source, durationMs(timeout));
  await cluster.io.out.write(`${clean(name)} has forgotten ${remembered} and starts over\n`);
  return done;
}

/** Asks the person. Where nobody can answer, --yes has to say it. */
async function agreed({ io }: Cluster, question: string): Promise<boolean> {
  if (!io.interactive) misused(`${question} To go on without being asked, add --yes`);
  await io.err.write(`${clean(question)} Go on? [y/N] `);
  const lines = createInterface({ input: Readable.from(io.stdin) });
  const { value } = await lines[Symbol.asyncIterator]().next();
  lines.close();
  return /^y(es)?$/i.test(String(value ?? '').trim());
}

/**
 * While the source is suspended no verdict is on its way. Records go before the ledger: what stands in a record counts as known, and the verdict of
 * a record that is left would be written into the new ledger.
 */
async function startOver(cluster: Cluster, source: Source, timeoutMs: number): Promise<void> {
  const { kube, io } = cluster;
  const { name } = source.metadata;
  const wasSuspended = source.spec.suspend;
  const suspend = (value: boolean) => kube.sources.patch(source.metadata, [{ op: 'add', path: '/spec/suspend', value }]);
  let isInterrupted = false;
  // Nobody's source is left suspended by a Ctrl-C.
  const release = io.onInterrupt?.(() => {
    isInterrupted = true;
  });
  try {
    if (!wasSuspended) await suspend(true);
    await suspended(cluster, source, timeoutMs, () => isInterrupted);
    if (isInterrupted) no(`interrupted before anything was forgotten: ${name} goes on`);
    for (const { metadata } of await recordsOf(cluster, source)) await kube.files.delete(metadata, { uid: metadata.uid });
    for await (const { items } of kube.ledgers.list(ledgerOf(source), { pageSize: 20 })) {
      for (const { metadata } of items) await kube.ledgers.delete(metadata, { uid: metadata.uid });
    }
    await answered(cluster, source, 'acceptLedger', await askSource(cluster, source, 'acceptLedger'), timeoutMs);
  } finally {
    if (!wasSuspended) await suspend(false).catch((thrown) => stillSuspended(cluster, name, thrown));
    release?.();
  }
}

async function stillSuspended(cluster: Cluster, name: string, thrown: unknown): Promise<never> {
  await remark(cluster, `${name} is still suspended: \`spanferry resume ${name}\` lets it go on`);
  throw thrown;
}

const ledgerOf = ({ metadata: { namespace, name } }: Source) => ({ namespace, fieldSelector: `spec.sourceRef.name=${name}` });

/** Resolves once the operator has seen the suspension and nothing is on the ferry. */
async function suspended(cluster: Cluster, source: Source, timeoutMs: number, isInterrupted: () => boolean): Promise<void> {
  const isQuiet = ({ status }: Source): boolean =>
    isInterrupted() ||
    (status.conditions?.some(({ type, reason }) => type === 'Ready' && reason === 'Suspended') === true && !status.files?.processing);
  const seen = await until(cluster, cluster.kube.sources, source.metadata, timeoutMs, isQuiet);
  if (!seen) no(`${source.metadata.name}: ${unanswered(await signs(cluster), timeoutMs)}`);
}
