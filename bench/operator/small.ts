import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Row } from '../support/rows.ts';
import { weigh } from '../support/weigh.ts';
import type { BareWrites } from './bare-writes.ts';
import { type Stand, startStand } from './stand.ts';

const FILES = 10_000;
const WARM = 2_000;

/** Files of four kilobytes, the common case, with the write budget lifted. */
export async function small(): Promise<readonly Row[]> {
  const stand = await startStand([
    { prefix: 'warm/', count: WARM, kind: 'small' },
    { prefix: 'small/', count: FILES, kind: 'small' },
  ]);
  try {
    const bare = bareWrites(stand);
    const operator = await stand.operator(['--api-writes-per-second', '100000']);
    await stand.source('warm');
    await stand.completed('warm', WARM);
    const [cpu, writes, started] = [weigh(operator.pid).cpuMs, await operator.metric('spanferry_api_writes_total'), performance.now()];
    await stand.source('small');
    await stand.completed('small', FILES);
    const seconds = (performance.now() - started) / 1_000;
    const each = (weigh(operator.pid).cpuMs - cpu) / FILES;
    return [
      { name: '4 KB files: CPU beyond three bare API writes', value: each - bare.cpuMs, unit: 'ms a file', most: 1.5 },
      { name: '4 KB files: CPU', value: each, unit: 'ms a file' },
      { name: '4 KB files: CPU of three bare API writes', value: bare.cpuMs, unit: 'ms a file' },
      {
        name: '4 KB files: API writes',
        value: ((await operator.metric('spanferry_api_writes_total')) - writes) / FILES,
        unit: 'a file',
        most: 3.2,
      },
      { name: '4 KB files, from the source to its last total', value: FILES / seconds, unit: 'a second' },
      { name: '4 KB files: three bare API writes', value: bare.perSecond, unit: 'a second' },
      { name: '4 KB files: memory of the operator at its peak', value: weigh(operator.pid).peakMb, unit: 'MB' },
    ];
  } finally {
    await stand.close();
  }
}

/** In a process of its own: it has a heap of its own, and nothing else to do. */
function bareWrites({ plane }: Stand): BareWrites {
  const child = spawnSync(process.execPath, [fileURLToPath(new URL('./bare-writes.ts', import.meta.url))], {
    input: plane.kubeconfig,
    encoding: 'utf8',
  });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout);
}
