import { parseArgs } from 'node:util';
import { need } from '../hack/tools/prepare.ts';
import { controlPlane } from '../test/support/controlplane.ts';
import { putRecords } from '../test/support/etcd-records.ts';
import { firstSync, firstSyncBounds } from '../test/support/first-sync.ts';
import { idle } from './kube/idle.ts';
import { creation, smallRequests } from './kube/requests.ts';
import { asObject, line, type Row } from './support/rows.ts';

/**
 * What the Kubernetes room costs, against a real API server, each number beside its bound. Creation is compared with a bare undici loop in the same run,
 * since the clock of a shared machine proves nothing. Takes seven minutes, five of them to watch a quiet cluster: `--idle 0` leaves that out.
 */
const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, idle: { type: 'string', default: '305' } } });

const SMALL = 2_000;
const RECORDS = 5_000;
const OBJECTS = 20_000;

const quiet = Number(values.idle);
if (!(quiet >= 0)) {
  console.error('--idle: write a number of seconds');
  process.exit(2);
}

const rows: Row[] = [];
const tell = (row: Row): void => {
  rows.push(row);
  console.log(line(row));
};

await need('controlplane');
const plane = await controlPlane({ crds: ['crds'] });
try {
  if (quiet > 0) {
    const { cpuPercent, watches, watchesEnded } = await idle(plane, quiet);
    tell({ name: 'idle operator: CPU', value: cpuPercent, unit: '%', most: 1 });
    tell({ name: `idle operator: watches open after ${quiet} s`, value: watches, unit: '' });
    tell({ name: `idle operator: watches that ended within ${quiet} s`, value: watchesEnded, unit: '', most: 0 });
  }

  const small = await smallRequests(plane, SMALL);
  tell({ name: `connections for ${SMALL} sequential requests`, value: small.connections, unit: '', most: 2 });
  tell({ name: 'a small request: CPU', value: small.cpuMs, unit: 'ms', most: 0.6 });

  const { ours, bare } = await creation(plane, RECORDS);
  tell({ name: 'creation of records at 32 parallel: ours to a bare loop', value: ours.perSecond / bare.perSecond, unit: '×', least: 0.8 });
  tell({ name: 'creation of records at 32 parallel: ours', value: ours.perSecond, unit: 'a second' });
  tell({ name: 'creation of records at 32 parallel: bare', value: bare.perSecond, unit: 'a second' });
  tell({ name: 'creation of a record: CPU, ours', value: ours.cpuMs, unit: 'ms' });
  tell({ name: 'creation of a record: CPU, bare', value: bare.cpuMs, unit: 'ms' });

  const more = Array.from({ length: OBJECTS - 2 * RECORDS }, (_, n) => `more-${n}`);
  await putRecords(plane.etcd.url, 'default', more);
  for (const initial of ['stream', 'pages'] as const) {
    const cost = await firstSync(plane.kubeconfig, initial);
    if (cost.objects !== OBJECTS) throw new Error(`the cache holds ${cost.objects} objects`);
    const of = `first sync of 20,000 records by ${initial}`;
    tell({ name: of, value: cost.ms / 1_000, unit: 's', most: firstSyncBounds.ms / 1_000 });
    tell({ name: `${of}: memory added at the peak`, value: cost.mibAdded, unit: 'MiB', most: firstSyncBounds.mibAdded });
    tell({ name: `${of}: longest block`, value: cost.longestBlockMs, unit: 'ms', most: firstSyncBounds.longestBlockMs });
    tell({ name: `${of}: the same in CPU`, value: cost.longestBlockCpuMs, unit: 'ms' });
  }
  if (values.json) console.log(JSON.stringify(asObject('kube', rows)));
} finally {
  await plane.stop();
}
