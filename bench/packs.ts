import { need } from '../hack/tools/prepare.ts';
import { startCollector } from '../test/support/collector-stub.ts';
import { agentFile } from '../test/support/traces/agent.ts';
import { type Stand, startStand } from './operator/stand.ts';
import { asObject, line, type Row } from './support/rows.ts';
import { weigh } from './support/weigh.ts';

// npm run bench -- packs [--json]     many small files, and a trickle of them, from an S3 server to a collector by one operator as it is shipped

const FILES = 20_000;
const WARM = 2_000;
const TRICKLE = 40;
const INTERVAL_S = 10;
/** What the Go collector does with its own receiver for S3, which remembers nothing. */
const GO_COLLECTOR = 1_330;

await need('controlplane');

const stand = await startStand([
  { prefix: 'warm/', count: WARM, kind: 'small' },
  { prefix: 'backlog/', count: FILES, kind: 'small' },
]);
try {
  const rows = [...(await backlog(stand)), ...(await trickle(stand))];
  for (const row of rows) console.log(line(row));
  if (process.argv.includes('--json')) console.log(JSON.stringify(asObject('packs', rows)));
} finally {
  await stand.close();
}
process.exit(0);

/** Everything there is to do for files of four kilobytes, under the write budget that an installation has by default. */
async function backlog(stand: Stand): Promise<readonly Row[]> {
  const operator = await stand.operator();
  await stand.source('warm');
  await stand.completed('warm', WARM);
  const look = async () => ({
    own: weigh(operator.pid),
    servers: weigh(stand.pids.servers),
    apiServer: weigh(stand.pids.apiServer),
    etcd: weigh(stand.pids.etcd),
    writes: await operator.metric('spanferry_api_writes_total'),
    ...(await stand.seen()),
    at: performance.now(),
  });
  const before = await look();
  await stand.source('backlog');
  const completed = stand.completed('backlog', FILES);
  const lastSpan = await lastChange(async () => (await stand.seen()).bytes, completed);
  const after = await look();
  const cpu = (of: 'own' | 'servers' | 'apiServer' | 'etcd') => (after[of].cpuMs - before[of].cpuMs) / 1_000;
  const seconds = (after.at - before.at) / 1_000;
  return [
    { name: '4 KB files a CPU-second of the operator', value: FILES / cpu('own'), unit: 'files', least: 1_500 },
    { name: 'the same over the Go collector', value: FILES / cpu('own') / GO_COLLECTOR, unit: '×' },
    {
      name: '4 KB files, from the source to the last span at the collector',
      value: FILES / ((lastSpan - before.at) / 1_000),
      unit: 'a second',
      least: 1_000,
    },
    { name: '4 KB files, from the source to its last total', value: FILES / seconds, unit: 'a second' },
    { name: 'API writes', value: (after.writes - before.writes) / FILES, unit: 'a file', most: 0.05 },
    { name: 'spans in a request', value: (after.bytes - before.bytes) / 1e6 / (after.requests - before.requests), unit: 'MB', least: 3 },
    { name: 'memory of the operator at its peak', value: after.own.peakMb, unit: 'MB', most: 300 },
    { name: 'CPU of the operator', value: cpu('own'), unit: 's' },
    { name: 'CPU of the S3 server and the collector', value: cpu('servers'), unit: 's' },
    { name: 'CPU of the API server', value: cpu('apiServer'), unit: 's' },
    { name: 'CPU of etcd', value: cpu('etcd'), unit: 's' },
    { name: 'by the clock', value: seconds, unit: 's' },
  ];
}

/** When a number grew last, looked at until something is over. */
async function lastChange(look: () => Promise<number>, over: Promise<unknown>): Promise<number> {
  let isOver = false;
  void over.then(() => {
    isOver = true;
  });
  let [last, at] = [await look(), performance.now()];
  while (!isOver) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const now = await look();
    if (now !== last) [last, at] = [now, performance.now()];
  }
  await over;
  return at;
}

/** A file a second: how long from its upload until the collector has its spans. */
async function trickle(stand: Stand): Promise<readonly Row[]> {
  const collector = await startCollector();
  const arrived = new Map<string, number>();
  collector.always(({ spans }) => {
    for (const { id } of spans) arrived.set(id, performance.now());
    return undefined;
  });
  await stand.source('trickle', { scan: { interval: `${INTERVAL_S}s` }, destination: { endpoint: collector.url } });
  const uploaded = new Map<string, number>();
  for (let n = 0; n < TRICKLE; n++) {
    const { text, ids } = agentFile(1);
    stand.upload({ key: `trickle/run-${String(n).padStart(4, '0')}.json`, text });
    uploaded.set(ids[0] ?? '', performance.now());
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  await stand.completed('trickle', TRICKLE);
  await collector.close();
  const waits = [...uploaded].map(([id, at]) => (arrived.get(id) ?? Number.POSITIVE_INFINITY) - at);
  return [
    {
      name: 'a trickle: from upload to spans at the collector, at most',
      value: Math.max(...waits) / 1_000,
      unit: 's',
      most: INTERVAL_S + 1,
    },
  ];
}
