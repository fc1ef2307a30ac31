import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { controlPlane } from '../test/support/controlplane.ts';
import { putRecords } from '../test/support/etcd-records.ts';
import { firstSync, firstSyncBounds } from '../test/support/first-sync.ts';
import { idle } from './kube/idle.ts';
import { creation, smallRequests } from './kube/requests.ts';

/**
 * What the Kubernetes room costs, against a real API server (KUBEBUILDER_ASSETS), each number beside its bound. Creation is compared
 * with a bare undici loop in the same run, since the clock of a shared machine proves nothing. Takes seven minutes, five of
 * them to watch a quiet cluster: `--idle 0` leaves that out.
 */
const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, idle: { type: 'string', default: '305' } } });

const SMALL = 2_000;
const RECORDS = 5_000;
const OBJECTS = 20_000;

type Row = { readonly value: number; readonly bound?: string };

const quiet = Number(values.idle);
if (!(quiet >= 0)) {
  console.error('--idle: write a number of seconds');
  process.exit(2);
}

const rows: Record<string, Row> = {};
const ratios: Record<string, number> = {};
const plane = await controlPlane({ crds: ['crds'] });
try {
  if (quiet > 0) {
    const { cpuPercent, watches, watchesEnded } = await idle(plane, quiet);
    rows['CPU of an idle operator, %'] = { value: round(cpuPercent), bound: '< 1' };
    rows[`watches of an idle operator after ${quiet} s`] = { value: watches };
    rows['of these, ended before they were 5 minutes old'] = { value: watchesEnded, bound: '0' };
  }

  const small = await smallRequests(plane, SMALL);
  rows[`connections for ${SMALL} sequential requests`] = { value: small.connections, bound: '<= 2' };
  rows['CPU of a small request, ms'] = { value: round(small.cpuMs), bound: '<= 0.6' };

  const { ours, bare } = await creation(plane, RECORDS);
  ratios['creation of records, ours to bare'] = round(ours.perSecond / bare.perSecond);
  rows['creations a second, 32 parallel'] = { value: Math.round(ours.perSecond) };
  rows['the same by a bare loop'] = { value: Math.round(bare.perSecond) };
  rows['creation of records, ours to bare'] = { value: round(ours.perSecond / bare.perSecond), bound: '>= 0.8' };
  rows['CPU of a creation, ms'] = { value: round(ours.cpuMs) };
  rows['the same by a bare loop, ms'] = { value: round(bare.cpuMs) };

  const more = OBJECTS - 2 * RECORDS;
  await putRecords(
    plane.etcd.url,
    'default',
    Array.from({ length: more }, (_, n) => `more-${n}`),
  );
  for (const initial of ['stream', 'pages'] as const) {
    const cost = await firstSync(plane.kubeconfig, initial);
    if (cost.objects !== OBJECTS) throw new Error(`the cache holds ${cost.objects} objects`);
    const of = `first sync of 20,000 records by ${initial}`;
    rows[`${of}, s`] = { value: round(cost.ms / 1_000), bound: `< ${firstSyncBounds.ms / 1_000}` };
    rows[`${of}, MiB added at the peak`] = { value: Math.round(cost.mibAdded), bound: `<= ${firstSyncBounds.mibAdded}` };
    rows[`${of}, longest block, ms`] = { value: round(cost.longestBlockMs), bound: `<= ${firstSyncBounds.longestBlockMs}` };
    rows[`${of}, longest block, ms of CPU`] = { value: round(cost.longestBlockCpuMs) };
  }
  report();
} finally {
  await plane.stop();
}

function report(): void {
  if (!values.json) {
    console.table(rows);
    return;
  }
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model ?? '',
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.version,
  };
  const figures = Object.fromEntries(Object.entries(rows).map(([name, { value }]) => [name, value]));
  console.log(JSON.stringify({ name: 'kube', figures, ratios, machine }));
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
