import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { eventually } from '../support/eventually.ts';
import { chart } from '../support/helm.ts';
import { askedOf, shownIn } from '../support/promql.ts';
import { type Stage, stage } from '../support/stage.ts';
import { toolPath } from '../support/tools.ts';
import { agentFile } from '../support/traces/agent.ts';

type Rule = {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly annotations: Readonly<Record<string, string>>;
};
type Target = { readonly expr: string };
type Dashboard = { readonly panels: readonly { readonly title: string; readonly targets?: readonly Target[] }[] };

const run = promisify(execFile);
const promtool = toolPath('promtool');
const alertsFile = join(chart, 'files/alerts.yaml');
const rules = (parse(await readFile(alertsFile, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(await readFile(join(chart, 'files/dashboard.json'), 'utf8')) as Dashboard;
const panels = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const));
const queries = [...rules.map(({ alert, expr }) => [alert, expr] as const), ...panels];

describe('queries of dashboard and alerts', () => {
  let shown: ReadonlyMap<string, ReadonlySet<string>>;
  let scene: Stage;
  let folder: string;

  /** An operator that has seen a file delivered, one failed and one with a span left out, a destination that does not answer, and retries. */
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spanferry-alerts-'));
    scene = await stage();
    const replica = await scene.start();
    const good = agentFile(2);
    scene.collector.always(() => ({ status: 503 }));
    scene.put('checkout/good.json', good.text);
    scene.put('checkout/broken.json', '{"resourceSpans": [');
    scene.put('checkout/zero.json', good.text.replaceAll(/"spanId":"\w+"/g, '"spanId":"0000000000000000"'));
    await scene.source('checkout', { retry: { maxRetries: 1 } });
    const metrics = async () => shownIn(await (await fetch(`${replica.url}/metrics`).catch(() => new Response(''))).text());
    const showing = async (...names: readonly string[]) => {
      const missing = async () => {
        shown = await metrics();
        return names.filter((name) => !shown.has(name));
      };
      await eventually(missing, (some) => some.length === 0, 60_000);
    };
    await showing('spanferry_delivery_breakers_open');
    scene.collector.always(undefined);
    await scene.delivered(good.ids);
    await showing('spanferry_retries_total', 'spanferry_rejected_spans_total');
  });
  afterAll(async () => {
    await scene.close();
    await rm(folder, { recursive: true, force: true });
  });

  test.each(queries)('%s reads metrics that a running operator shows, by labels that they have', (_title, expr) => {
    const asked = askedOf(expr);
    expect(asked).not.toHaveLength(0);
    for (const { metric, labels } of asked) {
      expect(shown.has(metric), `${metric} is not shown`).toBe(true);
      expect([...(shown.get(metric) ?? [])], metric).toEqual(expect.arrayContaining([...labels]));
    }
  });

  test.skipIf(!promtool)('are PromQL in the eyes of Prometheus', async () => {
    const file = join(folder, 'queries.yaml');
    const asRules = panels.map(([, expr], at) => ({
      record: `panel:${at}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, '.*'),
    }));
    await writeFile(file, stringify({ groups: [{ name: 'dashboard', rules: asRules }] }));
    expect((await run(promtool ?? '', ['check', 'rules', file])).stdout).toContain(`${asRules.length} rules found`);
    expect((await run(promtool ?? '', ['check', 'rules', alertsFile])).stdout).toContain(`${rules.length} rules found`);
  });
});

test('every alert leads to a chapter of docs/operations.md', async () => {
  const anchors = [...(await readFile('docs/operations.md', 'utf8')).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title.toLowerCase());
  for (const { alert, annotations } of rules) {
    expect(annotations.runbook_url).toBe(`RUNBOOKS#${alert.toLowerCase()}`);
    expect(anchors).toContain(alert.toLowerCase());
  }
});

const of = '{namespace="ml",source="checkout"}';
/** Series of a healthy installation, one sample a minute. Each case replaces some. */
const healthy: Readonly<Record<string, string>> = {
  'leader_election_master_status{name="spanferry-leader"}': '1x240',
  [`spanferry_source_ready${of}`]: '1x240',
  [`spanferry_source_oldest_pending_seconds${of}`]: '30x240',
  [`spanferry_source_backlog_files${of}`]: '5000-20x240',
  'spanferry_files_total{namespace="ml",source="checkout",state="Failed",reason="InvalidJSON"}': '3x240',
  [`spanferry_rejected_spans_total${of}`]: '7x240',
  'spanferry_delivery_breakers_open{destination="http://otel:4318"}': '0x240',
  'spanferry_delivery_request_duration_seconds_bucket{destination="http://otel:4318",code="200",le="0.1"}': '0+100x240',
  'spanferry_delivery_request_duration_seconds_bucket{destination="http://otel:4318",code="200",le="30"}': '0+100x240',
  'spanferry_delivery_request_duration_seconds_bucket{destination="http://otel:4318",code="200",le="+Inf"}': '0+100x240',
  [`spanferry_ledger_bytes${of}`]: '1000000x240',
};

const cases: readonly (readonly [alert: string, sentence: string, series: Readonly<Record<string, string>>])[] = [
  ['SpanferryNobodyLeads', 'no replica leads', { 'leader_election_master_status{name="spanferry-leader"}': '1x30 0x210' }],
  ['SpanferrySourceNotReady', 'a source is not ready', { [`spanferry_source_ready${of}`]: '1x30 0x210' }],
  ['SpanferryFilesWait', 'a file waits', { [`spanferry_source_oldest_pending_seconds${of}`]: '0+60x240' }],
  ['SpanferryBacklogGrows', 'more comes than is ferried', { [`spanferry_source_backlog_files${of}`]: '5000+20x240' }],
  [
    'SpanferryFilesFail',
    'files fail',
    { 'spanferry_files_total{namespace="ml",source="checkout",state="Failed",reason="InvalidJSON"}': '3+1x240' },
  ],
  ['SpanferrySpansRejected', 'spans are left out', { [`spanferry_rejected_spans_total${of}`]: '7+1x240' }],
  [
    'SpanferryDestinationHeldBack',
    'a destination is down',
    { 'spanferry_delivery_breakers_open{destination="http://otel:4318"}': '0x30 1x210' },
  ],
  [
    'SpanferryDeliverySlow',
    'a destination is slow',
    { 'spanferry_delivery_request_duration_seconds_bucket{destination="http://otel:4318",code="200",le="0.1"}': '0+1x240' },
  ],
  ['SpanferryLedgerLarge', 'etcd fills up', { [`spanferry_ledger_bytes${of}`]: '600000000x240' }],
];

describe.skipIf(!promtool)('alerts', () => {
  /** Which alerts fire after two hours, in the eyes of promtool, which says so where it is told that none does. */
  const firing = async (series: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const folder = await mkdtemp(join(tmpdir(), 'spanferry-alerts-'));
    try {
      const input = Object.entries({ ...healthy, ...series }).map(([name, values]) => ({ series: name, values }));
      const file = join(folder, 'test.yaml');
      const alert_rule_test = rules.map(({ alert }) => ({ eval_time: '3h', alertname: alert, exp_alerts: [] }));
      await writeFile(
        file,
        stringify({
          rule_files: [alertsFile],
          evaluation_interval: '1m',
          tests: [{ interval: '1m', input_series: input, alert_rule_test }],
        }),
      );
      const { stdout, stderr } = await run(promtool ?? '', ['test', 'rules', file]).catch(
        (thrown: { stdout: string; stderr: string }) => thrown,
      );
      const said = stdout + stderr;
      const fired = [...said.matchAll(/alertname: (\w+), time/g)].map(([, name = '']) => name);
      if (fired.length === 0 && !said.includes('SUCCESS')) throw new Error(said);
      return fired;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  test('are silent while all is well', async () => {
    expect(await firing({})).toEqual([]);
  });

  test.each(cases)('%s fires when %s', async (alert, _sentence, series) => {
    expect(await firing(series)).toEqual([alert]);
  });

  /** Nothing for 150 minutes, then one failure: a series that begins with 1 and stays so. */
  const first = '_x150 1x90';

  test.each([
    [
      'SpanferryFilesFail',
      'the first file fails for a reason',
      'spanferry_files_total{namespace="ml",source="new",state="Failed",reason="EmptyFile"}',
    ],
    ['SpanferrySpansRejected', 'the first span is left out', 'spanferry_rejected_spans_total{namespace="ml",source="new"}'],
  ])('%s fires also when %s, which is not seen as an increase', async (alert, _sentence, series) => {
    expect(await firing({ [series]: first })).toEqual([alert]);
  });

  test('each has a case here', () => {
    expect(cases.map(([alert]) => alert)).toEqual(rules.map(({ alert }) => alert));
  });
});
