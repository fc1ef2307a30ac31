import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CollectorStub, faults, startCollector } from '../../support/collector-stub.ts';
import { eventually } from '../../support/eventually.ts';
import type { Replica } from '../../support/replica.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

let scene: Stage;
let replica: Replica;
/** Where the operator's own traces go. */
let own: CollectorStub;

/** One source with everything that is measured: files done, failed and retried, a span that is refused, a destination that had to be waited for. */
beforeAll(async () => {
  scene = await stage();
  own = await startCollector();
  replica = await scene.start([], {
    OTEL_EXPORTER_OTLP_ENDPOINT: own.url,
    OTEL_BSP_SCHEDULE_DELAY: '200',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  });
  const bad = agentFile(3);
  scene.put('seen/good.json', agentFile(2).text);
  scene.put('seen/bad.json', bad.text);
  scene.put('seen/broken.json', '{"resourceSpans":[{]}', Date.now() - 3_600_000);
  scene.put('seen/cut.json', agentFile(9).text.slice(0, 900));
  scene.collector.next(faults.status(503, 'not yet', { 'retry-after': '1' }));
  scene.collector.always(faults.poison(new Set([bad.ids[1] ?? ''])));
  await scene.source('seen', { retry: { maxRetries: 1 } });
  await scene.settled('seen', { completed: 2, failed: 2 });
});
afterAll(async () => {
  await scene.close();
  await own.close();
});

/** The value of a metric with exactly these labels. */
async function measured(name: string, labels: Readonly<Record<string, string>>): Promise<number | undefined> {
  const text = await (await fetch(`${replica.url}/metrics`)).text();
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const line = text.split('\n').find((each) => {
    const [, found, its = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(each) ?? [];
    return value !== undefined && found === name && wanted.every((label) => its.split(',').includes(label));
  });
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
}

describe('what /metrics says of a running operator', () => {
  type Row = readonly [what: string, name: string, labels: Readonly<Record<string, string>>, is: (value: number) => boolean];
  const at = (least: number) => (value: number) => value >= least;
  const exactly = (wanted: number) => (value: number) => value === wanted;
  const rows: readonly Row[] = [
    ['files completed', 'spanferry_files_total', { state: 'Completed', reason: '' }, exactly(1)],
    [
      'files completed without some of their spans',
      'spanferry_files_total',
      { state: 'Completed', reason: 'RefusedByDestination' },
      exactly(1),
    ],
    ['files failed, by reason', 'spanferry_files_total', { state: 'Failed', reason: 'InvalidJSON' }, exactly(1)],
    ['files that are tried again', 'spanferry_files_total', { state: 'Pending', reason: 'Truncated' }, exactly(1)],
    ['spans', 'spanferry_spans_total', {}, exactly(4)],
    ['rejected spans', 'spanferry_rejected_spans_total', {}, exactly(1)],
    ['bytes', 'spanferry_bytes_total', {}, at(1_000)],
    ['retries', 'spanferry_retries_total', {}, exactly(1)],
    ['time of attempts', 'spanferry_file_duration_seconds_count', {}, at(5)],
    ['time of listings', 'spanferry_listing_duration_seconds_count', { how: 'full' }, at(1)],
    ['objects listed', 'spanferry_listed_objects_total', { how: 'full' }, at(4)],
    ['requests to the store: listings', 'spanferry_store_requests_total', { operation: 'list' }, at(2)],
    ['requests to the store: reads', 'spanferry_store_requests_total', { operation: 'get' }, at(5)],
    ['whether it is ready', 'spanferry_source_ready', {}, exactly(1)],
    ['backlog', 'spanferry_source_backlog_files', {}, exactly(0)],
    ['files pending', 'spanferry_source_pending_files', {}, exactly(0)],
    ['files processing', 'spanferry_source_processing_files', {}, exactly(0)],
    ['age of the oldest pending file', 'spanferry_source_oldest_pending_seconds', {}, exactly(0)],
    ['entries of the ledger', 'spanferry_ledger_entries', {}, exactly(4)],
    ['bytes of the ledger', 'spanferry_ledger_bytes', {}, at(4 * 12)],
  ];
  test.each(rows)('of a source: %s (%s %j)', async (_what, name, labels, is) => {
    const value = await eventually(
      () => measured(name, { ...labels, namespace: scene.namespace, source: 'seen' }),
      (seen) => seen !== undefined && is(seen),
    );
    expect(value).toBeDefined();
  });

  const ofProcess: readonly Row[] = [
    ['how long destinations take', 'spanferry_delivery_request_duration_seconds_count', { code: '200' }, at(1)],
    ['what they answered', 'spanferry_delivery_request_duration_seconds_count', { code: '503' }, exactly(1)],
    ['bytes sent', 'spanferry_delivery_request_bytes_total', { code: '200' }, at(100)],
    ['breakers that are open', 'spanferry_delivery_breakers_open', {}, exactly(0)],
    ['writes to the API server', 'spanferry_api_writes_total', { verb: 'create', resource: 'ingestionfiles' }, at(1)],
    ['requests to the API server', 'rest_client_requests_total', { method: 'GET', code: '200' }, at(1)],
    ['how long it takes', 'rest_client_request_duration_seconds_count', {}, at(1)],
    ['rounds of the controller', 'controller_runtime_reconcile_total', { controller: 'ingestionsource', result: 'requeue_after' }, at(1)],
    ['its queue', 'workqueue_adds_total', { name: 'ingestionsource' }, at(1)],
    ['who leads', 'leader_election_master_status', {}, exactly(1)],
    ['memory of the process', 'process_resident_memory_bytes', {}, at(1)],
  ];
  test.each(ofProcess)('of the process: %s (%s %j)', async (_what, name, labels, is) => {
    const value = await measured(name, labels);
    expect(value, name).toBeDefined();
    expect(is(value ?? Number.NaN), `${name} ${value}`).toBe(true);
  });

  test('labels are of sources, never of files', async () => {
    const text = await (await fetch(`${replica.url}/metrics`)).text();
    expect(text).not.toMatch(/good\.json|broken\.json/);
  });
});

test("the operator's own traces show scans page by page, and files from open to deliver", async () => {
  const parts = () => {
    const spans = own.received.flatMap((request) => request.spans);
    const nameOf = new Map(spans.map(({ id, name }) => [id, name]));
    return new Set(spans.map(({ name, parentId }) => `${nameOf.get(parentId) ?? ''} > ${name}`));
  };
  const wanted = [' > scan', 'scan > page', ' > file', 'file > open', 'file > transcode', 'transcode > deliver'];
  await eventually(parts, (seen) => wanted.every((part) => seen.has(part)));
  expect(own.received[0]?.spans[0]).toMatchObject({ service: 'spanferry' });
  expect(Buffer.concat(own.received.map(({ body }) => body)).toString('latin1')).toContain('deployment.environment.name');
});
