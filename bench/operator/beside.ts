import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { find } from '../../hack/tools/cache.ts';
import { toolNamed } from '../../hack/tools/manifest.ts';
import { prepareTool } from '../../hack/tools/prepare.ts';
import { sleep } from '../../src/std/sleep.ts';
import type { Row } from '../support/rows.ts';
import { weigh } from '../support/weigh.ts';
import { type Stand, startStand } from './stand.ts';

const FILES = 120;
const WARM = 40;
/** As the S3 exporter of the Collector names files; its receiver reads one such minute. */
const MINUTE = 'awss3/year=2026/month=11/day=20/hour=10/minute=00/traces_';

type Figures = { readonly perCpuSecond: number; readonly perSecond: number; readonly peakMb: number };

/** The OpenTelemetry Collector with its S3 receiver over the same objects, to the same sink, in the same run. */
export async function beside(): Promise<readonly Row[]> {
  const prepared = await prepareTool('collector-awss3');
  if (!prepared.ok) throw new Error(prepared.why);
  const stand = await startStand([
    { prefix: 'warm/', count: WARM, kind: 'genai' },
    { prefix: 'plain/', count: FILES, kind: 'genai' },
    { prefix: MINUTE, count: FILES, kind: 'genai' },
  ]);
  try {
    const plain = await collectors(stand, 'none');
    const gzip = await collectors(stand, 'gzip');
    const ours = await operators(stand);
    const row = (name: string, of: (figures: Figures) => number, unit: string): readonly Row[] => [
      { name: `${name}: Spanferry`, value: of(ours), unit },
      { name: `${name}: Collector, without compression of its output`, value: of(plain), unit },
      { name: `${name}: Collector, as it comes (gzip)`, value: of(gzip), unit },
      { name: `${name}: Spanferry to the Collector without compression`, value: of(ours) / of(plain), unit: '×' },
    ];
    return [
      ...row('4 MB files', ({ perCpuSecond }) => perCpuSecond, 'MB/CPU-s'),
      ...row('peak memory', ({ peakMb }) => peakMb, 'MB'),
      ...row('objects', ({ perSecond }) => perSecond, 'a second'),
    ];
  } finally {
    await stand.close();
  }
}

async function operators(stand: Stand): Promise<Figures> {
  const { pid } = await stand.operator();
  await stand.source('warm');
  await stand.completed('warm', WARM);
  const [cpu, started] = [weigh(pid).cpuMs, performance.now()];
  await stand.source('plain');
  await stand.completed('plain', FILES);
  return figures(stand, weigh(pid).cpuMs - cpu, started, weigh(pid).peakMb);
}

async function collectors(stand: Stand, compression: 'none' | 'gzip'): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'spanferry-bench-'));
  const config = join(folder, 'config.yaml');
  writeFileSync(config, JSON.stringify(configOf(stand, compression)));
  const program = `${find(toolNamed('collector-awss3'))?.folder}/otelcol-awss3`;
  const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = stand.served;
  const before = (await stand.seen()).requests;
  const started = performance.now();
  const child = spawn(program, ['--config', config], {
    env: { ...process.env, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY },
    stdio: 'ignore',
  });
  try {
    while ((await stand.seen()).requests < before + FILES) {
      if (child.exitCode !== null) throw new Error(`the Collector ended with ${child.exitCode}`);
      await sleep(50);
    }
    const { cpuMs, peakMb } = weigh(child.pid ?? 0);
    return figures(stand, cpuMs, started, peakMb);
  } finally {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

const figures = ({ served }: Stand, cpuMs: number, started: number, peakMb: number): Figures => ({
  perCpuSecond: ((served.bytesOf.genai ?? 0) * FILES) / 1e6 / (cpuMs / 1_000),
  perSecond: FILES / ((performance.now() - started) / 1_000),
  peakMb,
});

const configOf = ({ served }: Stand, compression: string) => ({
  receivers: {
    awss3: {
      starttime: '2026-11-20 10:00',
      endtime: '2026-11-20 10:01',
      s3downloader: {
        region: 'us-east-1',
        s3_bucket: 'bench',
        s3_prefix: 'awss3',
        s3_partition: 'minute',
        endpoint: served.endpoint,
        s3_force_path_style: true,
      },
    },
  },
  exporters: { otlphttp: { endpoint: served.collector, compression } },
  service: { telemetry: { metrics: { level: 'none' } }, pipelines: { traces: { receivers: ['awss3'], exporters: ['otlphttp'] } } },
});
