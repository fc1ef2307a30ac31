import { type FileStatus, type IngestionFile, isFinished } from '../api/ingestionfile.ts';
import type { WriteShare } from '../kube/budget.ts';
import type { Observed } from '../kube/transport.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Observer as SourceObserver } from '../sources/port.ts';
import type { Stores } from '../stores/registry.ts';
import type { Observer } from '../worker/port.ts';

/** Requests to the API server, under the names that client-go's dashboards know. */
export function apiObserver(metrics: Metrics): (observed: Observed) => void {
  const total = metrics.counter({
    name: 'rest_client_requests_total',
    help: 'Requests to the API server',
    labels: ['code', 'method', 'host'] as const,
  });
  const seconds = metrics.histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'Time of requests to the API server',
    labels: ['verb', 'host'] as const,
  });
  const writes = metrics.counter({
    name: 'spanferry_api_writes_total',
    help: 'Writes to the API server, by resource',
    labels: ['verb', 'resource'] as const,
  });
  return ({ verb, method, host, code, resource, seconds: took }) => {
    total.inc({ code, method, host });
    seconds.observe({ verb, host }, took);
    if (method !== 'GET') writes.inc({ verb, resource });
  };
}

/** What trace platforms still take. A credential is told by a digest. */
export function allowanceObserver(metrics: Metrics): (platform: string, credential: string, remaining: number) => void {
  const remaining = metrics.gauge({
    name: 'spanferry_platform_requests_remaining',
    help: 'Requests that a trace platform still takes from a credential for now',
    labels: ['platform', 'credential'] as const,
  });
  return (platform, credential, left) => remaining.set({ platform, credential }, left);
}

/** The stores, counting what they are asked on behalf of each source. */
export function observedStores(stores: Stores, metrics: Metrics): Stores {
  const requests = metrics.counter({
    name: 'spanferry_store_requests_total',
    help: 'Requests to stores, by operation: what listing and reading cost',
    labels: ['namespace', 'source', 'operation'] as const,
  });
  const open: Stores['open'] = (spec, context) => {
    const { namespace, name } = context.source;
    return stores.open(spec, { ...context, onRequest: (operation) => requests.inc({ namespace, source: name, operation }) });
  };
  return { ...stores, open };
}

/** What of the write budget is this process's at the moment. */
export function observeShare(metrics: Metrics, { perSecond }: WriteShare): void {
  const share = metrics.gauge({ name: 'spanferry_api_write_share', help: 'Writes a second to the API server that this process may make' });
  metrics.beforeScrape(() => share.set(perSecond()));
}

/** What workers did, by source and never by file. */
export function verdictObserver(metrics: Metrics): Observer {
  const labels = ['namespace', 'source'] as const;
  const files = metrics.counter({
    name: 'spanferry_files_total',
    help: 'Attempts that ended, by state and reason',
    labels: [...labels, 'state', 'reason'] as const,
  });
  const returned = metrics.counter({
    name: 'spanferry_returned_files_total',
    help: 'Files that packs gave back, to go on alone, by reason',
    labels: [...labels, 'reason'] as const,
  });
  const spans = metrics.counter({ name: 'spanferry_spans_total', help: 'Spans that destinations acknowledged', labels });
  const bytes = metrics.counter({ name: 'spanferry_bytes_total', help: 'Bytes read, decompressed', labels });
  const rejected = metrics.counter({ name: 'spanferry_rejected_spans_total', help: 'Spans left out', labels });
  const retries = metrics.counter({ name: 'spanferry_retries_total', help: 'Retries used', labels });
  const seconds = metrics.histogram({ name: 'spanferry_file_duration_seconds', help: 'Time of attempts', labels });
  const sourceOf = ({ metadata, spec }: IngestionFile) => ({ namespace: metadata.namespace ?? '', source: spec.sourceRef.name });
  /** As if each file had ended by itself. Those that were given back end later. */
  const countPack = (
    source: { namespace: string; source: string },
    { files: completed = 0, unread = [], returned: back = [] }: FileStatus,
  ) => {
    const superseded = unread.filter(({ reason }) => reason === 'Superseded').length;
    files.inc({ ...source, state: 'Completed', reason: '' }, completed - superseded);
    for (const { reason } of unread) files.inc({ ...source, state: reason === 'Superseded' ? 'Completed' : 'Failed', reason });
    for (const { reason } of back) returned.inc({ ...source, reason });
  };
  return {
    delivered: (record, { accepted, rejected: leftOut }) => {
      spans.inc(sourceOf(record), accepted);
      rejected.inc(sourceOf(record), leftOut);
    },
    ended: (record, status, took) => {
      const source = sourceOf(record);
      // A pack that is put back says how far it has come; what it counts, it counts in the end.
      const isOver = isFinished(status);
      if (record.spec.pack && isOver) countPack(source, status);
      else files.inc({ ...source, state: status.state, reason: status.reason ?? '' });
      if (isOver) bytes.inc(source, status.bytes ?? 0);
      if (status.retries > record.status.retries) retries.inc(source);
      seconds.observe(source, took);
    },
  };
}

/** How sources stand, as gauges that go with their source. */
export function sourceObserver(metrics: Metrics): SourceObserver {
  const labels = ['namespace', 'source'] as const;
  const gauge = (name: string, help: string) => metrics.gauge({ name, help, labels });
  const ready = gauge('spanferry_source_ready', '1 while files of the source flow, or it is suspended');
  const backlog = gauge('spanferry_source_backlog_files', 'Files that match and have no record yet');
  const pending = gauge('spanferry_source_pending_files', 'Files with a record that wait for their worker');
  const processing = gauge('spanferry_source_processing_files', 'Files on the ferry');
  const doneUntil = gauge('spanferry_source_done_until_seconds', 'Up to when all slices of a trace platform are done, since 1970');
  const oldest = gauge('spanferry_source_oldest_pending_seconds', 'Age of the oldest file that waits');
  const entries = gauge('spanferry_ledger_entries', 'Files that the ledger remembers');
  const bytes = gauge('spanferry_ledger_bytes', 'Size of the ledger in the API server');
  const listed = metrics.counter({
    name: 'spanferry_listed_objects_total',
    help: 'Objects that stores listed',
    labels: [...labels, 'how'] as const,
  });
  const seconds = metrics.histogram({
    name: 'spanferry_listing_duration_seconds',
    help: 'Time of listings',
    labels: [...labels, 'how'] as const,
  });
  return {
    listed: ({ namespace, name }, how, objects, took) => {
      listed.inc({ namespace, source: name, how }, objects);
      seconds.observe({ namespace, source: name, how }, took);
    },
    summarised: ({ namespace, name }, standing) => {
      const source = { namespace, source: name };
      ready.set(source, standing.ready ? 1 : 0);
      backlog.set(source, standing.files.backlog ?? 0);
      pending.set(source, standing.files.pending ?? 0);
      processing.set(source, standing.files.processing ?? 0);
      if (standing.doneUntil !== undefined) doneUntil.set(source, standing.doneUntil / 1_000);
      oldest.set(source, standing.oldestPendingMs / 1_000);
      entries.set(source, standing.ledger.entries);
      bytes.set(source, standing.ledger.bytes);
    },
    gone: ({ namespace, name }) => {
      for (const each of [ready, backlog, pending, processing, doneUntil, oldest, entries, bytes]) each.remove({ namespace, source: name });
    },
  };
}
