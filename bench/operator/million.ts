import { createHash } from 'node:crypto';
import { identities } from '../../src/ledger/identity.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { allLedgers } from '../../src/operator/ledgers.ts';
import { sleep } from '../../src/std/sleep.ts';
import { openStores } from '../../src/stores/registry.ts';
import { s3Access } from '../../test/conformance/stores/servers/s3.ts';
import { kubeClient } from '../../test/support/kube-client.ts';
import type { Row } from '../support/rows.ts';
import { forgetPeak, weigh } from '../support/weigh.ts';
import { type Operator, type Stand, startStand } from './stand.ts';

const KEYS = 1_000_000;
const LISTINGS = 3;
/** Verdicts in one write of the ledger that is made beforehand. */
const AT_ONCE = 10_000;

/** A bucket of a million files that are all done: what looking at it costs, and how soon a new leader knows them. */
export async function million(): Promise<readonly Row[]> {
  const stand = await startStand([{ prefix: 'done/', count: KEYS, kind: 'tiny' }]);
  try {
    await remember(stand);
    const first = await stand.operator();
    await stand.source('done', { scan: { interval: '24h' } });
    await scanned(stand, 'first');
    const second = await stand.operator();
    await sleep(5_000);

    const [bare, ours] = [[] as number[], [] as number[]];
    let added = 0;
    for (let n = 0; n < LISTINGS; n++) {
      bare.push(await bareListing(stand));
      const before = weigh(first.pid).rssMb;
      forgetPeak(first.pid);
      ours.push(await scanned(stand, `again-${n}`));
      added = Math.max(added, weigh(first.pid).peakMb - before);
    }
    const succession = await succeeds(second, first);
    const { completed = 0 } = (await stand.get('done')).status.files ?? {};
    if (completed !== KEYS) throw new Error(`the source says ${completed} files`);
    return [
      { name: '1,000,000 done keys: a scan, to the bare listing', value: Math.min(...ours) / Math.min(...bare), unit: '×', most: 1.3 },
      { name: '1,000,000 done keys: a scan', value: Math.min(...ours), unit: 's' },
      { name: '1,000,000 done keys: memory that a scan adds', value: added, unit: 'MB', most: 40 },
      { name: '1,000,000 done keys: memory of the leader', value: weigh(second.pid).rssMb, unit: 'MB' },
      { name: '1,000,000 done keys: a new leader knows them, after it leads', value: succession, unit: 's', most: 10 },
    ];
  } finally {
    await stand.close();
  }
}

/** Writes the ledger as if all had been ferried. */
async function remember({ plane, served }: Stand): Promise<void> {
  const client = kubeClient(plane.kubeconfig);
  const objects = allLedgers(client.ledgers, [], {}).of({ namespace: 'default', name: 'done' });
  const opened = await openLedger(objects, 0);
  if (!opened.ok) throw new Error(opened.failure.message);
  const identityOf = identities({ kind: 's3', endpoint: served.endpoint, bucket: 'bench' });
  const version = createHash('md5').update('{}').digest('hex');
  const entry = (n: number) =>
    ({ ...identityOf({ key: `done/run-${String(n).padStart(7, '0')}.json`, version }), outcome: 'completed' }) as const;
  for (let n = 0; n < KEYS; n += AT_ONCE) {
    void opened.ledger.append({ entries: Array.from({ length: AT_ONCE }, (_, at) => entry(n + at)), spans: AT_ONCE, bytes: 2 * AT_ONCE });
    await opened.ledger.flush();
  }
  await client.transport.close();
}

/** Asks for a full listing; the seconds it took, as the source says. */
async function scanned(stand: Stand, token: string): Promise<number> {
  const path = '/apis/spanferry.io/v1alpha1/namespaces/default/ingestionsources/done';
  await stand.api.call('PATCH', path, { metadata: { annotations: { 'spanferry.io/scan': token } } }, 'application/merge-patch+json');
  for (;;) {
    const { handled, lastScan } = (await stand.get('done')).status;
    if (handled?.scan === token && lastScan?.listed === KEYS) {
      return (Date.parse(lastScan.completionTime ?? '') - Date.parse(lastScan.startTime ?? '')) / 1_000;
    }
    await sleep(100);
  }
}

/** The same listing with the same client, and nothing done with what comes. */
async function bareListing({ served }: Stand): Promise<number> {
  const stores = openStores({ allowLoopback: true });
  const { spec, secrets } = s3Access(served.endpoint, 'bench', served);
  const store = await stores.open(spec, { source: { namespace: 'bench', name: 'bench' }, secrets, operatorIdentity: false });
  const started = performance.now();
  let listed = 0;
  for await (const { files } of store.list({ prefix: 'done/' })) listed += files.length;
  if (listed !== KEYS) throw new Error(`listed ${listed} keys`);
  store.close();
  stores.close();
  return (performance.now() - started) / 1_000;
}

/** The leader goes; seconds from the moment the other one leads until it knows every file. */
async function succeeds(next: Operator, leader: Operator): Promise<number> {
  await leader.stop();
  while ((await next.metric('leader_election_master_status')) < 1) await sleep(20);
  const leading = performance.now();
  while ((await next.metric('spanferry_ledger_entries')) < KEYS) await sleep(20);
  return (performance.now() - leading) / 1_000;
}
